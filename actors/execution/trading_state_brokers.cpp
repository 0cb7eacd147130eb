// What brokers say of themselves and hold, and how that compares with our books.
#include "actors/execution/trading_state.hpp"

#include <fmt/format.h>

namespace tickmesh {

void trading_state::apply_snapshot(const broker_snapshot& snapshot, log_position at,
                                   std::vector<venue_command>& out) {
  for (auto order : at_brokers_.compare(snapshot, orders_))
    orders_.query(order, at, out);
  arm_reconciliation(at, out);
}

/// A broker whose session is back is not trusted with orders before its books were compared.
void trading_state::apply_broker_event(const broker_event& news, log_position at,
                                       std::vector<venue_command>& out) {
  orders_.apply_broker_event(news, at, out);
  if (news.news == broker_news::session_down) at_brokers_.comparison().stop_awaiting(news.broker);
  if (news.news != broker_news::session_up) return;
  at_brokers_.comparison().await(news.broker);
  out.emplace_back(snapshot_request{news.broker});
  arm_reconciliation(at, out);
}

void trading_state::apply_recovery(const slot_recovered& recovered, log_position at,
                                   std::vector<venue_command>& out) {
  // A life that ended behind its inputs did not arm what recurs.
  ++recoveries_;
  reconciles_ = halt_works_ = false;
  orders_.apply_recovery(recovered, at, out);
  for (auto broker : recovered.external) {
    at_brokers_.comparison().await(broker);
    out.emplace_back(snapshot_request{broker});
  }
  arm_reconciliation(at, out);
  work_on_halt(at, out);
}

/// While nothing may be sent for a difference, the next comparison comes as soon as an answer may
/// be awaited.
void trading_state::arm_reconciliation(log_position at, std::vector<venue_command>& out) {
  auto interval = settings_.reconcile_interval;
  if (!at_brokers_.is_clean() &&
      (interval == nanoseconds::zero() || interval > settings_.report_timeout))
    interval = settings_.report_timeout;
  if (reconciles_ || interval <= nanoseconds::zero()) return;
  reconciles_ = true;
  out.emplace_back(timer_request{{.due = at.time + interval,
                                  .purpose = timer_purpose::reconciliation,
                                  .attempt = recoveries_}});
}

std::vector<std::string> trading_state::reconciliation_problems() const {
  std::vector<std::string> out;
  auto brokers = settings_.all_brokers();
  for (std::uint8_t i = 0; i < brokers.size(); ++i) {
    auto& known = at_brokers_.comparison();
    if (known.is_awaited(broker_id{i}))
      out.push_back(fmt::format("{}: not compared with our books yet", brokers[i].name));
    for (auto& difference : known.standing(broker_id{i})) {
      bool is_position = difference.kind == difference_kind::position;
      bool is_known = difference.symbol.value < universe_.symbols.size();
      out.push_back(fmt::format("{}: {} of {}: {} here, {} there", brokers[i].name,
                                difference_kind_names[static_cast<std::size_t>(difference.kind)],
                                !is_position ? "order " + format_order_id(difference.order)
                                : is_known   ? universe_.symbols[difference.symbol.value]
                                             : fmt::format("symbol {}", difference.symbol.value),
                                format_decimal(difference.ours.value),
                                format_decimal(difference.theirs.value)));
    }
  }
  return out;
}

} // namespace tickmesh
