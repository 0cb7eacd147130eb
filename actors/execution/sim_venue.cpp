#include "actors/execution/sim_venue.hpp"

#include "actors/execution/order_state_machine.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

/// Sorts better prices first: the highest buy, the lowest sell.
std::int64_t priority_of(const order_request& r) {
  return r.direction == side::buy ? -r.limit.value : r.limit.value;
}

bool crosses(const order_request& r, price opposite) {
  if (opposite == no_price) return false;
  return r.direction == side::buy ? r.limit >= opposite : r.limit <= opposite;
}

} // namespace

sim_venue::sim_venue(const sim_venue_settings& settings) : settings_(settings) {
  assert(settings_.delay >= std::chrono::microseconds{1});
}

void sim_venue::submit(const order_request& request, timestamp now) {
  if (!orders_.try_emplace(request.id, venue_order{.request = request}).second) {
    ++repeated_submissions_;
    return;
  }
  schedule(now + settings_.delay, request);
}

void sim_venue::request_cancel(order_id id, timestamp now) {
  assert(orders_.contains(id));
  schedule(now + settings_.delay, cancel_arrival{id});
}

void sim_venue::query(order_id id, timestamp now) {
  assert(orders_.contains(id));
  schedule(now + settings_.delay, query_arrival{id});
}

void sim_venue::on_mark(const market_mark& mark) {
  assert(agenda_.empty() || agenda_.begin()->first.first > mark.effective_time);
  if (!mark.has_book) return;
  auto& b = book_of(mark.symbol);
  b.bid = mark.bid;
  b.bid_left = mark.bid_volume;
  b.ask = mark.ask;
  b.ask_left = mark.ask_volume;
  match_queue(b, side::buy, mark.effective_time);
  match_queue(b, side::sell, mark.effective_time);
}

std::optional<timestamp> sim_venue::next_time() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first.first;
}

std::optional<execution_report> sim_venue::take_next() {
  assert(!agenda_.empty());
  auto node = agenda_.extract(agenda_.begin());
  auto now = node.key().first;
  auto& what = node.mapped();
  if (auto* report = std::get_if<execution_report>(&what)) return std::move(*report);
  if (auto* request = std::get_if<order_request>(&what)) arrive(*request, now);
  if (auto* cancel = std::get_if<cancel_arrival>(&what)) arrive(*cancel, now);
  if (auto* question = std::get_if<query_arrival>(&what)) arrive(*question, now);
  return std::nullopt;
}

void sim_venue::schedule(timestamp t, happening what) {
  agenda_.emplace(std::pair{t, happenings_++}, std::move(what));
}

void sim_venue::arrive(const order_request& request, timestamp now) {
  auto& order = orders_.at(request.id);
  order.arrival = ++arrivals_;
  bool valid = request.direction != side::none && request.limit != no_price &&
               request.limit.value > 0 && request.volume.value > 0;
  if (!valid || draw(request.id, "reject", settings_.reject_share)) {
    order.status = order_status::rejected;
    auto report = make_report(order, report_kind::rejected, now);
    report.text = valid ? "refused at random by the simulated venue" : "invalid order";
    send(order, std::move(report), now);
    return;
  }
  order.withholds_reports = draw(request.id, "lost acknowledgement", settings_.lost_ack_share);
  order.status = order_status::accepted;
  send(order, make_report(order, report_kind::accepted, now), now);
  auto& b = book_of(request.symbol);
  match(order, b, now, now);
  if (order.status == order_status::filled) return;
  auto& resting = request.direction == side::buy ? b.buys : b.sells;
  resting.emplace(std::pair{priority_of(request), order.arrival}, request.id);
}

void sim_venue::arrive(const cancel_arrival& cancel, timestamp now) {
  auto& order = orders_.at(cancel.order);
  if (is_terminal(order.status)) {
    auto report = make_report(order, report_kind::cancel_rejected, now);
    report.text = "not open";
    send(order, std::move(report), now);
    return;
  }
  auto& b = book_of(order.request.symbol);
  auto& resting = order.request.direction == side::buy ? b.buys : b.sells;
  [[maybe_unused]] auto removed = resting.erase({priority_of(order.request), order.arrival});
  assert(removed == 1);
  order.status = order_status::canceled;
  send(order, make_report(order, report_kind::canceled, now), now);
}

void sim_venue::arrive(const query_arrival& query, timestamp now) {
  auto& order = orders_.at(query.order);
  order.withholds_reports = false;
  if (order.withheld.empty()) {
    send(order, make_report(order, report_kind::status, now), now);
    return;
  }
  for (auto& report : order.withheld)
    send(order, std::move(report), now);
  order.withheld.clear();
}

void sim_venue::match(venue_order& order, book& b, timestamp now, timestamp departure) {
  bool buys = order.request.direction == side::buy;
  auto opposite = buys ? b.ask : b.bid;
  auto& left = buys ? b.ask_left : b.bid_left;
  if (!crosses(order.request, opposite)) return;
  auto filled = std::min(order.request.volume - order.filled, left);
  if (filled.value <= 0) return;
  left -= filled;
  order.filled += filled;
  order.status =
      order.filled == order.request.volume ? order_status::filled : order_status::partially_filled;
  auto report = make_report(order, report_kind::fill, now);
  report.last_price = opposite;
  report.last_quantity = filled;
  send(order, std::move(report), departure);
}

void sim_venue::match_queue(book& b, side s, timestamp now) {
  auto& resting = s == side::buy ? b.buys : b.sells;
  while (!resting.empty()) {
    auto& order = orders_.at(resting.begin()->second);
    match(order, b, now, now + settings_.delay);
    if (order.status != order_status::filled) return; // does not cross, or nothing is left
    resting.erase(resting.begin());
  }
}

execution_report sim_venue::make_report(venue_order& order, report_kind kind, timestamp now) const {
  return {.id = {order.request.id, ++order.reports},
          .order = order.request.id,
          .kind = kind,
          .status = order.status,
          .cumulative = order.filled,
          .time = now};
}

void sim_venue::send(venue_order& order, execution_report report, timestamp departure) {
  if (order.withholds_reports) {
    order.withheld.push_back(std::move(report));
    return;
  }
  order.last_departure = std::max(order.last_departure, departure);
  schedule(order.last_departure, std::move(report));
}

sim_venue::book& sim_venue::book_of(symbol_id symbol) {
  if (symbol.value >= books_.size()) books_.resize(symbol.value + 1ULL);
  return books_[symbol.value];
}

bool sim_venue::draw(order_id id, std::string_view purpose, double share) const {
  std::uint64_t key[3] = {settings_.seed, id.value, XXH3_64bits(purpose.data(), purpose.size())};
  auto hash = XXH3_64bits(key, sizeof key);
  return static_cast<double>(hash >> 11U) * 0x1p-53 < share;
}

} // namespace tickmesh
