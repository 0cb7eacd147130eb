#include "actors/execution/trading/limit_trial.hpp"

#include <utility>

namespace tickmesh {

limit_trial::limit_trial(trading_state& trading, std::vector<limit_scope> limits,
                         std::string_view account)
    : trading_(trading), limits_(std::move(limits), account, trading.universe().strategies,
                                 trading.universe().symbols) {}

void limit_trial::before(const sequenced_event& event) {
  judged_.reset();
  auto* s = std::get_if<signal>(&event.what);
  if (s == nullptr || !trading_.knows(*s)) return;
  auto request = trading_.request_of(*s);
  judged_ = check_order(intent_of(request), trading_.facts(request, s->effective_time, event.time),
                        limits_.of(request.strategy, request.symbol));
  // One id can't name two orders, whatever the limits are.
  if (judged_->outcome == verdict::approved && trading_.orders().knows(request.id))
    judged_ = risk_result{verdict::invalid_order};
}

void limit_trial::after(const sequenced_event& event, const batch_decisions& decided) {
  if (auto* configured = std::get_if<slot_configured>(&event.what)) {
    auto& universe = configured->configuration->universe; // there may be new names
    limits_ =
        limit_table{limits_.scopes(), universe.account, universe.strategies, universe.symbols};
  }
  if (decided.verdicts.empty()) return; // as of a repeated signal
  auto& day = days_[trading_.book().trading_day()];
  if (!judged_) {
    day.by_operators += decided.verdicts.size();
    return;
  }
  auto& was = decided.verdicts.front().verdict.risk;
  ++day.orders;
  ++day.before[static_cast<std::size_t>(was.outcome)];
  ++day.after[static_cast<std::size_t>(judged_->outcome)];
  if (was.outcome == judged_->outcome) return;
  day.changes.push_back({.order = trading_.request_of(std::get<signal>(event.what)),
                         .time = event.time,
                         .event = event.number,
                         .before = was,
                         .after = *judged_,
                         .scope_before = refusing_scope(was, trading_.limits()),
                         .scope_after = refusing_scope(*judged_, limits_)});
}

} // namespace tickmesh
