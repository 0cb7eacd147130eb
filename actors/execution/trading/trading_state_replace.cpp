// Orders of brokers that have no replace: the old one is canceled, and when it has surely ended, a
// new one takes its place (docs/decisions/0034).
#include "actors/execution/trading/trading_state.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

/// The new form has been approved, as if the order in its present form were not there.
std::string trading_state::wish_for(const operator_replace& action, log_position at,
                                    std::vector<venue_command>& out) {
  replaces_.add(action.order, {{action.limit, action.volume}, at.event});
  bool is_sent = orders_.cancel(action.order, at, out).has_value(); // or one is under way
  return fmt::format("order {}: {}, as its broker has no replace; what is missing of {} at {} is a "
                     "new order, judged when this one has ended",
                     format_order_id(action.order), is_sent ? "cancel sent" : "is being canceled",
                     format_decimal(action.volume.value), format_decimal(action.limit.value));
}

/// What another program made of the command: it approved the form, and sent no replace.
void trading_state::adopt_wish(const operator_replace& action, log_position at) {
  bool is_approved = std::ranges::any_of(recorded_->verdicts, [&](auto& v) {
    return v.order == action.order && v.risk.outcome == verdict::approved;
  });
  bool is_replaced = std::ranges::any_of(recorded_->commands, [&](auto& command) {
    auto* replace = std::get_if<replace_request>(&command);
    return replace != nullptr && replace->order == action.order;
  });
  if (!is_approved || is_replaced || !orders_.knows(action.order)) return;
  std::vector<venue_command> own; // is not sent, nor was it
  static_cast<void>(wish_for(action, at, own));
}

/// Behind each event: what it has ended may be waited for. Not before the end is sure, or both
/// orders might fill.
void trading_state::open_replacing(log_position at, std::vector<venue_command>& out) {
  for (auto id : replaces_.orders()) {
    auto* old = orders_.find(id);
    if (old == nullptr || !old->has_surely_ended()) continue;
    auto wish = replaces_.take(id);
    if (old->filled >= wish.form.volume) continue; // all that was wanted is filled
    replaced_order replaced{id, wish.event};
    order_request request{.id = make_order_id(format_replaced(replaced)),
                          .symbol = old->request.symbol,
                          .strategy = old->request.strategy,
                          .direction = old->request.direction,
                          .limit = wish.form.limit,
                          .volume = wish.form.volume - old->filled,
                          .lifetime = old->request.lifetime};
    replaces_.note_successor(request.id, replaced);
    if (recorded_ != nullptr) continue; // see adopt()
    auto risk = judge(request, last_time_);
    verdicts_.push_back({request.id, risk, request});
    if (risk.outcome == verdict::approved)
      open_order(request, std::nullopt, risk, at, out);
    else if (makes_rows_ || keeps_changes_)
      refuse(request, std::nullopt, risk, at);
  }
}

} // namespace tickmesh
