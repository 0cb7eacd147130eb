#include "actors/execution/orders/order_manager.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

bool states_end(report_kind k) {
  return k == report_kind::canceled || k == report_kind::expired || k == report_kind::rejected;
}

std::size_t index_of(order_status s) {
  return static_cast<std::size_t>(s);
}

} // namespace

quantity managed_order::open() const {
  auto most = is_terminal(status()) ? known_filled : worst_form().volume;
  return std::max(most - filled, quantity{});
}

order_form managed_order::worst_form() const {
  if (!replacement) return {request.limit, request.volume};
  bool buys = request.direction == side::buy;
  return {buys ? std::max(request.limit, replacement->limit)
               : std::min(request.limit, replacement->limit),
          std::max(request.volume, replacement->volume)};
}

bool managed_order::is_beyond_reason(quantity q) const {
  constexpr std::int64_t times_max = 100;
  constexpr std::int64_t large = std::int64_t{1} << 56; // sums of several still hold
  auto most = worst_form().volume.value;
  return q.value / times_max > most || (q.value > large && q.value / 2 > most);
}

order_manager::order_manager(const order_patience& waits, std::size_t symbols,
                             routing_rules routing, std::vector<price> price_min)
    : patience_(waits), price_min_(std::move(price_min)), primary_(routing.preference.front()),
      router_(std::move(routing)), open_(symbols) {
  assert(patience_.lifetime.count() >= 0 && patience_.report_timeout.count() > 0);
}

void order_manager::open(const order_request& request, const std::optional<signal_name>& source,
                         const risk_result& risk, log_position at, commands& out) {
  auto& order = add(request, source, risk, at);
  order.request.broker = target();
  order.request.reference = names_.give_reference(order.request.broker, order.place);
  out.emplace_back(order.request);
  out.emplace_back(timer_request{{.due = at.time + patience_.report_timeout,
                                  .order = request.id,
                                  .purpose = timer_purpose::order_answer}});
  arm_lifetime(order, at, out);
}

managed_order& order_manager::add(const order_request& request,
                                  const std::optional<signal_name>& source, const risk_result& risk,
                                  log_position at) {
  assert(!knows(request.id));
  index_.add(request.id, orders_.size());
  auto& order = orders_.emplace_back(managed_order{.place = orders_.size(),
                                                   .request = request,
                                                   .source = source,
                                                   .risk = risk,
                                                   .created = at,
                                                   .updated = at});
  touch(order, at);
  unfinished_.insert(order.place);
  ++now_[index_of(order.status())];
  ++entered_[index_of(order.status())];
  settle_share(order, {});
  return order;
}

void order_manager::arm_lifetime(const managed_order& order, log_position at, commands& out) const {
  if (patience_.lifetime.count() > 0)
    out.emplace_back(timer_request{{.due = at.time + patience_.lifetime,
                                    .order = order.request.id,
                                    .purpose = timer_purpose::order_lifetime}});
}

order_booking order_manager::apply_report(const execution_report& report, log_position at,
                                          commands& out) {
  auto found = place_of(report);
  if (!found) {
    anomalies_.count(order_anomaly::unknown_order);
    return {};
  }
  auto& order = orders_[*found];
  if (is_of_another_broker(order, report, at, out)) return {};
  learn_names(order, report);
  bool has_name = report.id.counter != 0 || !report.words->execution.empty();
  if (tells_execution(report.kind) && !has_name) { // nobody could tell it from its repeat
    anomalies_.count(order_anomaly::malformed_report);
    return {};
  }
  // Before it is noted: the same execution may come again in a form that can be booked.
  bool is_booked = report.kind == report_kind::fill || report.kind == report_kind::correction;
  bool is_sound = report.last_quantity.value > 0 &&
                  is_price(order.request.symbol, report.last_price) &&
                  !order.is_beyond_reason(report.last_quantity);
  if (is_booked && !is_sound) {
    anomalies_.count(order_anomaly::malformed_report);
    learn_filled(order, report, at, out);
    return {};
  }
  if (!order.note_report(report)) {
    if (!report.is_told_again) anomalies_.count(order_anomaly::duplicate_report);
    return {};
  }
  note_broker(order, report, at, out);
  switch (report.kind) {
  case report_kind::fill: return book_fill(order, report, at, out);
  case report_kind::bust:
  case report_kind::correction: return take_back(order, report, at, out);
  case report_kind::commission: return take_commission(order, report);
  default: break;
  }
  learn_filled(order, report, at, out);
  take_form(order, report);
  if (take_unknown(order, report, at, out)) return {};
  bool had_ended = is_terminal(order.status());
  if (had_ended && states_end(report.kind)) order.end_is_presumed = false;
  if (is_end_contradicted(order, report, at, out)) return {};
  apply_answer(order, report, at, out);
  if (had_ended && order.status() == order_status::in_doubt) { // its sign of life was not enough
    order.queries = 0;
    send_query(order, at, out);
  }
  return {};
}

/// Of an order of this broker that may be open: what it says of the order itself.
void order_manager::apply_answer(managed_order& order, const execution_report& report,
                                 log_position at, commands& out) {
  switch (report.kind) {
  case report_kind::accepted: transition(order, order_event::acknowledged, at, out); break;
  case report_kind::rejected:
    if (report.refusal == refusal_cause::unsupported) { // it answers no queries, but may list
      out.emplace_back(snapshot_request{report.broker});
      return;
    }
    // The last look, which releases the order, knows nothing of brokers' own ids.
    if (!is_not_taken(report.refusal) || !report.names_order() || !reroute(order, at, out))
      transition(order, order_event::rejected, at, out);
    break;
  case report_kind::canceled: transition(order, order_event::canceled, at, out); break;
  case report_kind::cancel_rejected: apply_cancel_rejected(order, report, at, out); break;
  case report_kind::expired: transition(order, order_event::expired, at, out); break;
  case report_kind::replaced: apply_replaced(order, report, at, out); break;
  case report_kind::status: apply_status(order, report, at, out); break;
  case report_kind::fill:
  case report_kind::bust:
  case report_kind::correction:
  case report_kind::commission: return; // of executions
  }
  if (report.cumulative != order.filled) anomalies_.count(order_anomaly::cumulative_mismatch);
}

void order_manager::apply_timer(const timer_due& timer, log_position at, commands& out) {
  if (timer.purpose == timer_purpose::broker_probe) {
    probe_is_armed_ = false;
    for (auto broker : router_.take_probes(at.time))
      out.emplace_back(broker_probe{broker});
    return arm_probe(out);
  }
  auto found = index_.find(timer.order);
  if (!found) return; // another program armed it, for an order that it knew
  auto& order = orders_[*found];
  auto status = order.status();
  bool is_overdue = false;
  switch (timer.purpose) {
  case timer_purpose::order_answer:
    is_overdue = order.machine.progress() == order_progress::unacknowledged &&
                 timer.attempt == order.reroutes &&
                 (status == order_status::pending_new || status == order_status::pending_cancel);
    break;
  case timer_purpose::cancel_answer:
    if (timer.attempt != order.cancels) return;
    order.cancel_is_out = false;
    is_overdue = status == order_status::pending_cancel;
    if (order.is_to_cancel &&
        (status == order_status::accepted || status == order_status::partially_filled))
      request_cancel(order, at, out); // the broker was too busy for the last one
    break;
  case timer_purpose::query_answer:
    if (timer.attempt != order.queries) return;
    if (status != order_status::in_doubt && order.lacks_fills()) return send_query(order, at, out);
    is_overdue = status == order_status::in_doubt;
    break;
  case timer_purpose::order_lifetime:
    // An order in doubt is not canceled before its fate is known: see transition().
    if (!is_terminal(status) && status != order_status::in_doubt &&
        status != order_status::pending_cancel)
      request_cancel(order, at, out);
    return;
  case timer_purpose::replace_answer:
    if (timer.attempt != order.replaces) return;
    is_overdue = status == order_status::pending_replace;
    if (!is_overdue && order.replacement && status != order_status::in_doubt)
      send_query(order, at, out); // in which form it is open, nobody has said
    break;
  case timer_purpose::broker_probe:
  case timer_purpose::reconciliation:
  case timer_purpose::halt_work: assert(false); return; // no order's
  }
  if (is_overdue) transition(order, order_event::report_timeout, at, out);
}

const managed_order* order_manager::find(order_id id) const {
  auto found = index_.find(id);
  return found ? &orders_[*found] : nullptr;
}

const order_request* order_manager::request_of(order_id id) const {
  auto* order = find(id);
  return order ? &order->request : nullptr;
}

std::vector<const managed_order*> order_manager::take_finished() {
  std::vector<const managed_order*> taken;
  taken.reserve(finished_.size());
  for (auto i : finished_) {
    orders_[i].is_listed_finished = false;
    taken.push_back(&orders_[i]);
  }
  finished_.clear();
  return taken;
}

void order_manager::drop_finished() {
  for (auto i : finished_)
    orders_[i].is_listed_finished = false;
  finished_.clear();
}

std::vector<const managed_order*> order_manager::unfinished() const {
  std::vector<const managed_order*> open;
  for (auto place : unfinished_)
    if (!is_terminal(orders_[place].status())) open.push_back(&orders_[place]);
  return open;
}

/// Of those, and of orders that lack fills; what is done to them may change the list itself.
std::vector<std::size_t> order_manager::unfinished_places() const {
  return {unfinished_.begin(), unfinished_.end()};
}

/// False when the event is illegal; then nothing has changed but the count.
bool order_manager::transition(managed_order& order, order_event e, log_position at,
                               commands& out) {
  auto before = order.status();
  auto share = share_of(order);
  auto outcome = order.machine.apply(e);
  if (outcome == transition_outcome::refused) {
    anomalies_.count(order_anomaly::illegal_transition);
    return false;
  }
  if (outcome == transition_outcome::anomaly) anomalies_.count(order_anomaly::fill_after_end);
  auto after = order.status();
  if (after != before) {
    --now_[index_of(before)];
    ++now_[index_of(after)];
    ++entered_[index_of(after)];
    order.history.push_back(static_cast<char>(after));
    touch(order, at);
    // What was to replace it stays known: should it be open after all, it may be in that form.
    order.had_ended |= is_terminal(after);
    settle_share(order, share);
    list_unfinished(order);
    if (is_terminal(after)) list_finished(order);
  }
  if (e == order_event::report_timeout)
    send_query(order, at, out);
  else if (after != before &&
           (after == order_status::accepted || after == order_status::partially_filled) &&
           (before == order_status::in_doubt
                ? cancels_when_open(order, at.time)
                : before == order_status::pending_new && order.is_to_cancel))
    request_cancel(order, at, out);
  return true;
}

/// What is to be done to an order that has come out of doubt.
bool order_manager::cancels_when_open(const managed_order& order, timestamp now) const {
  return cancels_all_ || order.is_to_cancel || lifetime_is_over(order, now);
}

/// The answer to a query. Fills are only booked from their own reports: while one is missing, the
/// order stays in doubt.
void order_manager::apply_status(managed_order& order, const execution_report& report,
                                 log_position at, commands& out) {
  if (report.cumulative != order.filled || is_terminal(order.status())) return;
  switch (report.status) {
  case order_status::accepted:
  case order_status::partially_filled:
    if (order.status() == order_status::in_doubt) transition(order, order_event::resolved, at, out);
    return;
  case order_status::canceled: transition(order, order_event::canceled, at, out); return;
  case order_status::rejected: transition(order, order_event::rejected, at, out); return;
  case order_status::expired: transition(order, order_event::expired, at, out); return;
  case order_status::filled: // of an order whose new volume was filled already
    if (order.filled.value > 0) transition(order, order_event::fill, at, out);
    return;
  default: return;
  }
}

void order_manager::request_cancel(managed_order& order, log_position at, commands& out) {
  if (order.cancels_unanswered >= patience_.cancel_requests_max && !cancels_all_) {
    anomalies_.count(order_anomaly::cancels_exhausted);
    return;
  }
  ++order.cancels;
  ++order.cancels_unanswered;
  order.is_to_cancel = true;
  order.cancel_is_out = true;
  [[maybe_unused]] bool legal = transition(order, order_event::cancel_requested, at, out);
  assert(legal);
  out.emplace_back(cancel_request{order.request.id, order.request.broker, names_of(order)});
  out.emplace_back(timer_request{{.due = at.time + patience_.report_timeout,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::cancel_answer,
                                  .attempt = order.cancels}});
}

void order_manager::send_query(managed_order& order, log_position at, commands& out) {
  if (order.queries >= patience_.status_queries_max) {
    anomalies_.count(order_anomaly::queries_exhausted);
    return;
  }
  ++order.queries;
  out.emplace_back(status_query{order.request.id, order.request.broker, names_of(order)});
  out.emplace_back(timer_request{{.due = at.time + patience_.report_timeout,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::query_answer,
                                  .attempt = order.queries}});
}

void order_manager::list_finished(managed_order& order) {
  if (order.is_listed_finished) return;
  order.is_listed_finished = true;
  finished_.push_back(order.place);
}

void order_manager::list_unfinished(const managed_order& order) {
  if (order.is_unfinished())
    unfinished_.insert(order.place);
  else
    unfinished_.erase(order.place);
}

bool order_manager::is_price(symbol_id symbol, price p) const {
  auto lowest = symbol.value < price_min_.size() ? price_min_[symbol.value] : price{};
  return p != no_price && p > lowest;
}

bool order_manager::lifetime_is_over(const managed_order& order, timestamp now) const {
  return patience_.lifetime.count() > 0 && now >= order.created.time + patience_.lifetime;
}

} // namespace tickmesh
