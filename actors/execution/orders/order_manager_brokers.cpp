// What the sessions, the refusals and the silence of brokers do to orders.
#include "actors/execution/orders/order_manager.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

void order_manager::apply_broker_event(const broker_event& event, log_position at, commands& out) {
  names_.raise_reference(event.broker, event.reference_next);
  switch (event.news) {
  case broker_news::session_down: router_.note_session(event.broker, false, at.time); break;
  case broker_news::session_up:
    router_.note_session(event.broker, true, at.time);
    for (auto place : unfinished_places())
      if (orders_[place].request.broker == event.broker) ask_again(orders_[place], at, out);
    break;
  case broker_news::probe_answered: router_.note_answer(event.broker); break;
  case broker_news::connecting:
  case broker_news::logged_in:
  case broker_news::settled:
  case broker_news::executions_told: break;
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
  for (auto place : unfinished_places()) {
    auto& order = orders_[place];
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
  for (auto place : unfinished_) {
    auto& order = orders_[place];
    if (order.status() != order_status::in_doubt && !order.lacks_fills()) continue;
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
  for (auto place : unfinished_) {
    auto& order = orders_[place];
    if (order.request.broker == broker && !is_terminal(order.status())) open.push_back(&order);
  }
  return open;
}

/// Sends an order that its broker has definitely not taken to another one; false when none is left,
/// and when it is not certain any more that the order is still wanted as it was.
bool order_manager::reroute(managed_order& order, log_position at, commands& out) {
  if (!may_send_ || !may_reroute_ || order.is_to_cancel ||
      order.status() != order_status::pending_new || order.filled.value > 0)
    return false;
  order.refused_by.push_back(order.request.broker);
  auto next = router_.choose(order.refused_by);
  if (!next) return false;
  order.request.broker = *next;
  order.request.reference = names_.give_reference(*next, order.place);
  order.broker_order = {};
  ++order.reroutes;
  order.seen_through = 0; // reports are numbered by their broker
  order.seen_beyond.clear();
  touch(order, at);
  out.emplace_back(order.request);
  out.emplace_back(timer_request{{.due = at.time + patience_.report_timeout,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::order_answer,
                                  .attempt = order.reroutes}});
  return true;
}

/// Tells the router how the broker does. That it never had an order that we ask for is no failure.
void order_manager::note_broker(const managed_order& order, const execution_report& report,
                                log_position at, commands& out) {
  if (report.refusal == refusal_cause::throttled) return; // it works, and is busy
  if (report.refusal != refusal_cause::not_taken) return router_.note_answer(report.broker);
  if (order.status() != order_status::pending_new) return;
  router_.note_failure(report.broker, at.time);
  arm_probe(out);
}

/// Only fills count from a broker that has said that it has not taken the order. Should it have it
/// all the same, it is to cancel it: the order has gone elsewhere.
bool order_manager::is_of_another_broker(managed_order& order, const execution_report& report,
                                         log_position at, commands& out) {
  if (report.broker == order.request.broker || follow_to(report.broker, order, report, at) ||
      tells_execution(report.kind))
    return false;
  anomalies_.count(order_anomaly::stale_report);
  bool says_open = report.kind == report_kind::accepted ||
                   (report.kind == report_kind::status && !is_terminal(report.status));
  if (says_open)
    out.emplace_back(
        cancel_request{order.request.id, report.broker, {report.reference, report.words->order}});
  return true;
}

/// A broker that does not know an order may still get it, so that the order is in doubt. Only what
/// can't come any more has ended; nobody has seen that, so that a sign of life is believed at once.
bool order_manager::take_unknown(managed_order& order, const execution_report& report,
                                 log_position at, commands& out) {
  if (!is_unknown(report.refusal)) return false;
  if (report.kind == report_kind::cancel_rejected) note_refused_request(order, report);
  if (is_terminal(order.status())) return true;
  if (report.refusal == refusal_cause::unknown_for_good && !order.lacks_fills()) {
    end_presumed(order, at, out);
  } else if (order.status() != order_status::in_doubt) {
    transition(order, order_event::doubted, at, out);
    order.queries = 0;
    send_query(order, at, out);
  } // else it is asked for again in time
  return true;
}

/// Nobody has seen the order end.
void order_manager::end_presumed(managed_order& order, log_position at, commands& out) {
  order.end_is_presumed = true;
  bool was_there = order.machine.progress() != order_progress::unacknowledged;
  transition(order, was_there ? order_event::canceled : order_event::rejected, at, out);
}

/// Whether the broker says that an order is open which has ended here. The order is in doubt then,
/// and counts in full. True when the report says nothing beyond that: the end was one that the
/// broker had stated, and the two words may have crossed, so that it is asked.
bool order_manager::is_end_contradicted(managed_order& order, const execution_report& report,
                                        log_position at, commands& out) {
  if (!is_terminal(order.status()) || order.filled >= order.worst_form().volume) return false;
  bool is_first_word = order.machine.progress() == order_progress::unacknowledged;
  bool says_open = (report.kind == report_kind::accepted && is_first_word) ||
                   (report.kind == report_kind::replaced && order.replaces > 0 &&
                    (report.revision == 0 || report.revision == order.replaces)) ||
                   (report.kind == report_kind::status && !is_terminal(report.status));
  if (!says_open) return false;
  bool is_believed = order.end_is_presumed;
  doubt(order, at, out);
  if (!is_believed) send_query(order, at, out);
  return !is_believed;
}

/// What had ended may be open.
void order_manager::doubt(managed_order& order, log_position at, commands& out) {
  anomalies_.count(order_anomaly::open_after_end);
  order.end_is_presumed = false;
  order.queries = 0;
  transition(order, order_event::doubted, at, out);
}

/// A report knows of fills that have not come: they count as open, and are asked for.
void order_manager::learn_filled(managed_order& order, const execution_report& report,
                                 log_position at, commands& out) {
  if (report.cumulative <= std::max(order.known_filled, order.filled)) return;
  if (order.is_beyond_reason(report.cumulative)) {
    anomalies_.count(order_anomaly::malformed_report);
    return;
  }
  auto before = share_of(order);
  order.known_filled = report.cumulative;
  settle_share(order, before);
  list_unfinished(order);
  anomalies_.count(order_anomaly::missing_fills);
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
