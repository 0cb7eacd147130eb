// What the sessions, the refusals and the silence of brokers do to orders.
#include "actors/execution/order_manager.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

void order_manager::apply_broker_event(const broker_event& event, log_position at, commands& out) {
  switch (event.news) {
  case broker_news::session_down: router_.note_session(event.broker, false, at.time); break;
  case broker_news::session_up:
    router_.note_session(event.broker, true, at.time);
    for (auto& order : orders_)
      if (order.request.broker == event.broker) ask_again(order, at, out);
    break;
  case broker_news::probe_answered: router_.note_answer(event.broker); break;
  }
  arm_probe(out);
}

void order_manager::apply_recovery(const slot_recovered& recovered, log_position at,
                                   commands& out) {
  ++recoveries_;
  probe_is_armed_ = false;
  arm_probe(out);
  ask_anew(recovered.external, at, out);
}

void order_manager::ask_anew(const std::vector<broker_id>& brokers, log_position at,
                             commands& out) {
  for (auto& order : orders_) {
    bool is_outside =
        std::find(brokers.begin(), brokers.end(), order.request.broker) != brokers.end();
    if (is_outside) ask_again(order, at, out);
  }
}

/// What was under way to a broker when it could not be heard, or when nobody listened, is in doubt:
/// that it does not know the order now does not mean that it will not take it.
void order_manager::ask_again(managed_order& order, log_position at, commands& out) {
  if (is_terminal(order.status()) && !order.lacks_fills()) return;
  order.queries = 0;
  bool was_unanswered = order.status() == order_status::pending_new ||
                        order.status() == order_status::pending_cancel ||
                        order.status() == order_status::pending_replace;
  if (was_unanswered)
    transition(order, order_event::report_timeout, at, out); // and queries
  else
    send_query(order, at, out);
}

void order_manager::query_doubtful(log_position at, commands& out) {
  for (auto& order : orders_)
    if (order.status() == order_status::in_doubt || order.lacks_fills()) {
      order.queries = 0;
      send_query(order, at, out);
    }
}

void order_manager::query(order_id id, log_position at, commands& out) {
  auto found = index_.find(id);
  assert(found);
  orders_[*found].queries = 0;
  send_query(orders_[*found], at, out);
}

std::vector<const managed_order*> order_manager::unfinished_at(broker_id broker) const {
  std::vector<const managed_order*> open;
  for (auto& order : orders_)
    if (order.request.broker == broker && !is_terminal(order.status())) open.push_back(&order);
  return open;
}

/// Sends an order that its broker has definitely not taken to another one; false when none is left,
/// and when it is not certain any more that the order is still wanted as it was.
bool order_manager::reroute(managed_order& order, log_position at, commands& out) {
  if (!may_send_ || !may_reroute_ || order.status() != order_status::pending_new ||
      order.filled.value > 0)
    return false;
  order.refused_by.push_back(order.request.broker);
  auto next = router_.choose(order.refused_by);
  if (!next) return false;
  order.request.broker = *next;
  ++order.reroutes;
  order.seen_through = 0; // reports are numbered by their broker
  order.seen_beyond.clear();
  touch(order, at);
  out.emplace_back(order.request);
  out.emplace_back(timer_request{{.due = at.time + report_timeout_,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::order_answer,
                                  .attempt = order.reroutes}});
  return true;
}

/// Tells the router how the broker does. That it never had an order that we ask for is no failure.
void order_manager::note_broker(const managed_order& order, const execution_report& report,
                                log_position at, commands& out) {
  if (!report.is_not_taken) return router_.note_answer(report.broker);
  if (order.status() != order_status::pending_new) return;
  router_.note_failure(report.broker, at.time);
  arm_probe(out);
}

/// A report knows of fills that have not come: they count as open, and are asked for.
void order_manager::learn_filled(managed_order& order, const execution_report& report,
                                 log_position at, commands& out) {
  if (report.cumulative <= std::max(order.known_filled, order.filled)) return;
  if (order.is_beyond_reason(report.cumulative)) {
    ++anomalies_.malformed_reports;
    return;
  }
  auto before = share_of(order);
  order.known_filled = report.cumulative;
  settle_share(order, before);
  ++anomalies_.missing_fills;
  if (order.status() == order_status::in_doubt) return; // it is asked for already
  order.queries = 0;
  send_query(order, at, out);
}

void order_manager::arm_probe(commands& out) {
  auto due = router_.next_probe();
  if (!due || probe_is_armed_) return;
  probe_is_armed_ = true;
  out.emplace_back(
      timer_request{{.due = *due, .purpose = timer_purpose::broker_probe, .attempt = recoveries_}});
}

} // namespace tickmesh
