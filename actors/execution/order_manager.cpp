#include "actors/execution/order_manager.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

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
  return q.value / times_max > worst_form().volume.value;
}

bool managed_order::note_report(broker_id broker, std::uint32_t counter) {
  if (counter == 0) return true;  // has no number
  if (broker != request.broker) { // numbers are each broker's own
    auto number = std::pair{broker, counter};
    if (std::find(seen_of_others.begin(), seen_of_others.end(), number) != seen_of_others.end())
      return false;
    seen_of_others.push_back(number);
    return true;
  }
  if (counter <= seen_through) return false;
  if (std::find(seen_beyond.begin(), seen_beyond.end(), counter) != seen_beyond.end()) return false;
  if (counter != seen_through + 1) {
    seen_beyond.push_back(counter);
    return true;
  }
  ++seen_through;
  while (std::erase(seen_beyond, seen_through + 1) > 0)
    ++seen_through;
  return true;
}

order_manager::order_manager(nanoseconds order_lifetime, nanoseconds report_timeout,
                             std::size_t symbols, routing_rules routing,
                             std::vector<price> price_min)
    : order_lifetime_(order_lifetime), report_timeout_(report_timeout),
      price_min_(std::move(price_min)), primary_(routing.preference.front()),
      router_(std::move(routing)), open_(symbols) {
  assert(order_lifetime_.count() >= 0 && report_timeout_.count() > 0);
}

void order_manager::open(const order_request& request, const std::optional<signal_name>& source,
                         const risk_result& risk, log_position at, commands& out) {
  assert(!knows(request.id));
  index_.add(request.id, orders_.size());
  auto& order = orders_.emplace_back(managed_order{
      .request = request, .source = source, .risk = risk, .created = at, .updated = at});
  touch(order, at);
  order.request.broker = target();
  ++now_[index_of(order.status())];
  ++entered_[index_of(order.status())];
  settle_share(order, {});
  out.emplace_back(order.request);
  out.emplace_back(timer_request{{.due = at.time + report_timeout_,
                                  .order = request.id,
                                  .purpose = timer_purpose::order_answer}});
  if (order_lifetime_.count() > 0)
    out.emplace_back(timer_request{{.due = at.time + order_lifetime_,
                                    .order = request.id,
                                    .purpose = timer_purpose::order_lifetime}});
}

const managed_order* order_manager::apply_report(const execution_report& report, log_position at,
                                                 commands& out) {
  auto found = index_.find(report.order);
  if (!found || report.id.order != report.order) {
    ++anomalies_.unknown_orders;
    return nullptr;
  }
  auto& order = orders_[*found];
  if (report.broker != order.request.broker && report.kind != report_kind::fill) {
    ++anomalies_.stale_reports;
    return nullptr;
  }
  if (!order.note_report(report.broker, report.id.counter)) {
    ++anomalies_.duplicate_reports;
    return nullptr;
  }
  note_broker(order, report, at, out);
  if (report.kind != report_kind::fill) learn_filled(order, report, at, out);
  switch (report.kind) {
  case report_kind::accepted: transition(order, order_event::acknowledged, at, out); break;
  case report_kind::rejected:
    if (!report.is_not_taken || !reroute(order, at, out))
      transition(order, order_event::rejected, at, out);
    break;
  case report_kind::canceled: transition(order, order_event::canceled, at, out); break;
  case report_kind::cancel_rejected:
    transition(order, order_event::cancel_rejected, at, out);
    order.cancels_unanswered = 0;
    if (report.revision != 0 && report.revision == order.replaces) drop_replacement(order);
    break;
  case report_kind::expired: transition(order, order_event::expired, at, out); break;
  case report_kind::replaced:
    if (!order.replacement) // nobody asked for it
      ++anomalies_.illegal_transitions;
    else if (transition(order, order_event::replaced, at, out))
      take_replaced(order, at, out);
    break;
  case report_kind::status: apply_status(order, report, at, out); break;
  case report_kind::fill: {
    bool counts = apply_fill(order, report, at, out);
    learn_filled(order, report, at, out);
    return counts ? &order : nullptr;
  }
  }
  if (report.cumulative != order.filled) ++anomalies_.cumulative_mismatches;
  return nullptr;
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
    is_overdue = status == order_status::pending_cancel && timer.attempt == order.cancels;
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
    is_overdue = status == order_status::pending_replace && timer.attempt == order.replaces;
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
  for (auto& order : orders_)
    if (!is_terminal(order.status())) open.push_back(&order);
  return open;
}

/// False when the event is illegal; then nothing has changed but the count.
bool order_manager::transition(managed_order& order, order_event e, log_position at,
                               commands& out) {
  auto before = order.status();
  auto share = share_of(order);
  auto outcome = order.machine.apply(e);
  if (outcome == transition_outcome::refused) {
    ++anomalies_.illegal_transitions;
    return false;
  }
  if (outcome == transition_outcome::anomaly) ++anomalies_.fills_after_end;
  auto after = order.status();
  if (after != before) {
    --now_[index_of(before)];
    ++now_[index_of(after)];
    ++entered_[index_of(after)];
    order.history.push_back(static_cast<char>(after));
    touch(order, at);
    if (is_terminal(after)) order.replacement.reset();
    settle_share(order, share);
    if (is_terminal(after)) list_finished(order);
  }
  if (e == order_event::report_timeout) {
    send_query(order, at, out);
  } else if (before == order_status::in_doubt && after != before && !is_terminal(after) &&
             (cancels_all_ || lifetime_is_over(order, at.time))) {
    request_cancel(order, at, out);
  }
  return true;
}

/// True when the fill counts.
bool order_manager::apply_fill(managed_order& order, const execution_report& report,
                               log_position at, commands& out) {
  std::int64_t filled = 0;
  if (report.last_quantity.value <= 0 || !is_price(order.request.symbol, report.last_price) ||
      order.is_beyond_reason(report.last_quantity) ||
      __builtin_add_overflow(order.filled.value, report.last_quantity.value, &filled)) {
    ++anomalies_.malformed_reports;
    return false;
  }
  auto before = share_of(order);
  order.filled = quantity{filled};
  order.filled_value += static_cast<int128>(report.last_price.value) * report.last_quantity.value;
  settle_share(order, before);
  // Of two forms, the broker says which one it has filled.
  if (order.replacement && report.status == order_status::filled &&
      order.filled == order.replacement->volume)
    adopt_replacement(order);
  bool completes = order.filled >= order.worst_form().volume ||
                   (order.replacement && report.status == order_status::filled);
  [[maybe_unused]] bool legal =
      transition(order, completes ? order_event::fill : order_event::partial_fill, at, out);
  assert(legal); // the table takes a fill in every status
  touch(order, at);
  if (is_terminal(order.status())) list_finished(order);
  if (report.cumulative != order.filled) ++anomalies_.cumulative_mismatches;
  return true;
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
  if (order.cancels_unanswered >= cancel_requests_max && !cancels_all_) {
    ++anomalies_.cancels_exhausted;
    return;
  }
  ++order.cancels;
  ++order.cancels_unanswered;
  [[maybe_unused]] bool legal = transition(order, order_event::cancel_requested, at, out);
  assert(legal);
  out.emplace_back(cancel_request{order.request.id, order.request.broker});
  out.emplace_back(timer_request{{.due = at.time + report_timeout_,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::cancel_answer,
                                  .attempt = order.cancels}});
}

void order_manager::send_query(managed_order& order, log_position at, commands& out) {
  if (order.queries == status_queries_max) {
    ++anomalies_.queries_exhausted;
    return;
  }
  ++order.queries;
  out.emplace_back(status_query{order.request.id, order.request.broker});
  out.emplace_back(timer_request{{.due = at.time + report_timeout_,
                                  .order = order.request.id,
                                  .purpose = timer_purpose::query_answer,
                                  .attempt = order.queries}});
}

void order_manager::list_finished(managed_order& order) {
  if (order.is_listed_finished) return;
  order.is_listed_finished = true;
  finished_.push_back(*index_.find(order.request.id));
}

bool order_manager::is_price(symbol_id symbol, price p) const {
  auto lowest = symbol.value < price_min_.size() ? price_min_[symbol.value] : price{};
  return p != no_price && p > lowest;
}

bool order_manager::lifetime_is_over(const managed_order& order, timestamp now) const {
  return order_lifetime_.count() > 0 && now >= order.created.time + order_lifetime_;
}

} // namespace tickmesh
