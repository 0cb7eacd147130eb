// Executions of orders: which report is which, fills, and what brokers take back of them.
#include "actors/execution/orders/order_manager.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

auto execution_of(managed_order& order, broker_id broker, std::uint64_t key) {
  return std::find_if(order.executions.begin(), order.executions.end(),
                      [&](auto& e) { return e.key == key && e.broker == broker; });
}

/// Names are each broker's own.
std::uint64_t key_of(broker_id broker, const std::string& name) {
  return XXH3_64bits_withSeed(name.data(), name.size(), broker.value);
}

} // namespace

bool managed_order::note_name(std::uint64_t key) {
  auto found = std::lower_bound(seen_names.begin(), seen_names.end(), key);
  if (found != seen_names.end() && *found == key) return false;
  seen_names.insert(found, key);
  return true;
}

bool managed_order::note_report(const execution_report& report) {
  auto broker = report.broker;
  auto counter = report.id.counter;
  if (!report.words->execution.empty()) return note_name(key_of(broker, report.words->execution));
  if (counter == 0) return true;  // has no number: FIX's OrderCancelReject, an answer to a query
  if (broker != request.broker) { // numbers are each broker's own
    auto number = std::pair{broker, counter};
    if (std::find(seen_of_others.begin(), seen_of_others.end(), number) != seen_of_others.end())
      return false;
    seen_of_others.push_back(number);
    return true;
  }
  if (counter <= seen_through) return false;
  if (counter != seen_through + 1) {
    auto found = std::lower_bound(seen_beyond.begin(), seen_beyond.end(), counter);
    if (found != seen_beyond.end() && *found == counter) return false;
    seen_beyond.insert(found, counter);
    return true;
  }
  ++seen_through;
  auto next = seen_beyond.begin();
  for (; next != seen_beyond.end() && *next == seen_through + 1; ++next)
    ++seen_through;
  seen_beyond.erase(seen_beyond.begin(), next);
  return true;
}

std::optional<std::size_t> order_manager::place_of(const execution_report& report) const {
  if (report.order == order_id{}) {
    auto by_reference = names_.find(report.broker, report.reference);
    return by_reference ? by_reference : names_.find(report.broker, report.words->order);
  }
  bool is_numbered_elsewhere = report.id.counter != 0 && report.id.order != report.order;
  return is_numbered_elsewhere ? std::nullopt : index_.find(report.order);
}

const managed_order* order_manager::order_of(const execution_report& report) const {
  auto found = place_of(report);
  return found ? &orders_[*found] : nullptr;
}

void order_manager::learn_names(managed_order& order, const execution_report& report) {
  auto& said = report.words->order;
  if (said.empty() || !report.names_order()) return;
  names_.note(report.broker, said, order.place);
  if (report.broker == order.request.broker && order.broker_order->empty())
    order.broker_order = said;
}

order_booking order_manager::book_fill(managed_order& order, const execution_report& report,
                                       log_position at, commands& out) {
  if (!apply_fill(order, report, at, out)) return {};
  order_booking booking{.order = &order, .at = report.last_price, .volume = report.last_quantity};
  auto& name = report.words->execution;
  if (name.empty()) return booking;
  auto key = key_of(report.broker, name);
  auto found = execution_of(order, report.broker, key);
  bool is_charged = found != order.executions.end(); // before it was told
  if (!is_charged) found = order.executions.insert(found, {.key = key, .broker = report.broker});
  found->at = report.last_price;
  found->volume = report.last_quantity;
  if (is_charged) booking.fee = found->fee;
  return booking;
}

void order_manager::note_fee(const execution_report& report, money fee) {
  auto place = place_of(report);
  if (!place || report.words->execution.empty()) return;
  auto& order = orders_[*place];
  auto found = execution_of(order, report.broker, key_of(report.broker, report.words->execution));
  if (found != order.executions.end()) found->fee = fee;
}

/// A bust or a correction. One that comes before its execution keeps that from being booked.
order_booking order_manager::take_back(managed_order& order, const execution_report& report,
                                       log_position at, commands& out) {
  auto original = key_of(report.broker, report.words->original);
  auto found = execution_of(order, report.broker, original);
  bool is_told = found != order.executions.end() && found->volume.value > 0;
  order_booking booking;
  if (!is_told) {
    if (found != order.executions.end()) order.executions.erase(found); // charged, and no more
    bool is_new = !report.words->original.empty() && order.note_name(original);
    if (!is_new) { // taken back before, or of no execution that we know
      anomalies_.count(order_anomaly::stale_report);
      return {};
    }
  } else {
    booking = {.order = &order, .reversed = *found};
    order.executions.erase(found);
    auto before = share_of(order);
    order.filled -= booking.reversed.volume;
    order.filled_value -= int128{booking.reversed.at.value} * booking.reversed.volume.value;
    order.known_filled = std::max(order.known_filled - booking.reversed.volume, quantity{});
    if (order.filled == quantity{}) order.machine.forget_fills();
    settle_share(order, before);
    touch(order, at);
    list_unfinished(order);
    if (is_terminal(order.status())) list_finished(order);
  }
  if (report.kind == report_kind::correction) {
    auto filled = book_fill(order, report, at, out);
    if (filled.order == nullptr) return booking;
    filled.reversed = booking.reversed;
    return filled;
  }
  // What it had filled may be open again, where the broker says that the order goes on.
  if (is_terminal(order.status()) && !is_terminal(report.status) &&
      order.filled < order.request.volume) {
    doubt(order, at, out);
    send_query(order, at, out);
  }
  return booking;
}

order_booking order_manager::take_commission(managed_order& order, const execution_report& report) {
  auto& words = *report.words;
  constexpr int128 most = int128{1} << 80U; // sums of many still hold
  if (words.commission.value > most || words.commission.value < -most) {
    anomalies_.count(order_anomaly::malformed_report);
    return {};
  }
  auto key = key_of(report.broker, words.original);
  auto found = execution_of(order, report.broker, key);
  if (found == order.executions.end()) {
    bool was_taken_back = std::ranges::binary_search(order.seen_names, key);
    if (was_taken_back || words.original.empty())
      anomalies_.count(order_anomaly::stale_report);
    else // is booked with the execution, when that comes
      order.executions.push_back({.key = key, .broker = report.broker, .fee = words.commission});
    return {};
  }
  auto more = words.commission - found->fee;
  found->fee = words.commission;
  if (found->volume == quantity{}) return {};
  return {.order = &order, .fee_more = more};
}

void order_manager::apply_listed(const broker_snapshot::open_order& listed, broker_id broker,
                                 log_position at, commands& out) {
  execution_report said{.order = listed.order,
                        .broker = broker,
                        .kind = report_kind::status,
                        .status = listed.cumulative.value > 0 ? order_status::partially_filled
                                                              : order_status::accepted,
                        .cumulative = listed.cumulative,
                        .form = listed.form,
                        .reference = listed.reference,
                        .words = broker_words{.order = listed.broker_order}};
  auto found = place_of(said);
  if (!found) return;
  auto& order = orders_[*found];
  if (order.request.broker != broker && !follow_to(broker, order, said, at)) return;
  if (order.status() != order_status::in_doubt && !is_terminal(order.status())) return;
  learn_names(order, said);
  learn_filled(order, said, at, out);
  take_form(order, said);
  if (!is_end_contradicted(order, said, at, out)) apply_status(order, said, at, out);
}

/// True when the fill counts.
bool order_manager::apply_fill(managed_order& order, const execution_report& report,
                               log_position at, commands& out) {
  std::int64_t filled = 0;
  bool lacked_fills = order.lacks_fills();
  if (__builtin_add_overflow(order.filled.value, report.last_quantity.value, &filled)) {
    anomalies_.count(order_anomaly::malformed_report);
    learn_filled(order, report, at, out);
    return false;
  }
  if (order.end_is_presumed) doubt(order, at, out);
  auto before = share_of(order);
  auto known_before = std::max(order.known_filled, order.filled);
  order.filled = quantity{filled};
  order.filled_value += static_cast<int128>(report.last_price.value) * report.last_quantity.value;
  settle_share(order, before);
  // Of two forms, the broker says which one it has filled.
  if (order.replacement && report.status == order_status::filled &&
      order.filled == order.replacement->volume)
    adopt_replacement(order);
  // A broker that has taken executions back calls an order filled that has less than its volume.
  bool is_all = report.status == order_status::filled && report.cumulative == order.filled;
  bool completes = order.filled >= order.worst_form().volume || is_all ||
                   (order.replacement && report.status == order_status::filled);
  [[maybe_unused]] bool legal =
      transition(order, completes ? order_event::fill : order_event::partial_fill, at, out);
  assert(legal); // the table takes a fill in every status
  touch(order, at);
  list_unfinished(order);
  if (is_terminal(order.status())) list_finished(order);
  if (report.cumulative != order.filled && !report.is_told_again)
    anomalies_.count(order_anomaly::cumulative_mismatch);
  learn_filled(order, report, at, out);
  // While fills were missing, what else was said of the order was not taken.
  if (lacked_fills && !order.lacks_fills() && !is_terminal(order.status())) {
    order.queries = 0;
    send_query(order, at, out);
  }
  // More than what was known to be filled when it ended, and the broker goes on: so may the rest.
  if (is_terminal(order.status()) && order.filled < order.worst_form().volume &&
      order.filled > known_before && !is_terminal(report.status)) {
    doubt(order, at, out);
    send_query(order, at, out);
  }
  return true;
}

} // namespace tickmesh
