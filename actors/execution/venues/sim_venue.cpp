#include "actors/execution/venues/sim_venue.hpp"

#include "actors/execution/orders/order_state_machine.hpp"
#include "messages/overloaded.hpp"

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

void sim_venue::request_cancel(const cancel_request& request, timestamp now) {
  schedule(now + settings_.delay, request);
}

void sim_venue::request_replace(const replace_request& request, timestamp now) {
  schedule(now + settings_.delay, request);
}

void sim_venue::query(const status_query& request, timestamp now) {
  schedule(now + settings_.delay, request);
}

void sim_venue::probe(timestamp now) {
  schedule(now + settings_.delay, probe_arrival{});
}

void sim_venue::request_snapshot(timestamp now) {
  schedule(now + settings_.delay, snapshot_arrival{});
}

void sim_venue::on_mark(const market_mark& mark) {
  assert(agenda_.empty() || agenda_.begin()->first.first > mark.effective_time);
  if (mark.trading_day > trading_day_) end_day(mark.trading_day, mark.effective_time);
  if (!mark.has_book) return;
  auto& b = book_of(mark.symbol);
  b.bid = mark.bid;
  b.bid_left = mark.bid_volume;
  b.ask = mark.ask;
  b.ask_left = mark.ask_volume;
  match_queue(b, side::buy, mark.effective_time);
  match_queue(b, side::sell, mark.effective_time);
}

void sim_venue::request_executions(timestamp since, timestamp now) {
  schedule(now + settings_.delay, executions_request{.since = since});
}

std::optional<timestamp> sim_venue::next_time() const {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first.first;
}

std::optional<venue_news> sim_venue::take_next() {
  assert(!agenda_.empty());
  auto node = agenda_.extract(agenda_.begin());
  auto now = node.key().first;
  return std::visit<std::optional<venue_news>>(
      overloaded{
          [](execution_report& report) { return std::move(report); },
          [](const probe_arrival&) { return broker_event{.news = broker_news::probe_answered}; },
          [this](const snapshot_arrival&) { return make_snapshot(); },
          [](const executions_request&) { // whoever hears all keeps none back
            return broker_event{.news = broker_news::executions_told};
          },
          [&](const one_of<order_request, cancel_request, replace_request, status_query> auto&
                  request) {
            arrive(request, now);
            return std::nullopt;
          }},
      node.mapped());
}

void sim_venue::schedule(timestamp t, happening what) {
  agenda_.emplace(std::pair{t, happenings_++}, std::move(what));
}

void sim_venue::arrive(const order_request& request, timestamp now) {
  auto& order = orders_.at(request.id);
  order.arrival = ++arrivals_;
  bool valid =
      request.direction != side::none && request.limit != no_price && request.volume.value > 0;
  if (draw(request.id, "unavailable", settings_.unavailable_share)) {
    order.status = order_status::rejected;
    auto report = make_report(order, report_kind::rejected, now);
    report.refusal = refusal_cause::not_taken;
    report.text = "not taken, at random, by the simulated venue";
    send(order, std::move(report), now);
    return;
  }
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
  work(order, now);
}

/// Fills what can be filled at once; the rest rests or expires, as its time in force says.
void sim_venue::work(venue_order& order, timestamp now) {
  auto& request = order.request;
  auto& b = book_of(request.symbol);
  bool buys = request.direction == side::buy;
  auto at_once =
      crosses(request, buys ? b.ask : b.bid) ? (buys ? b.ask_left : b.bid_left) : quantity{};
  bool is_refused =
      request.lifetime == time_in_force::fill_or_kill && at_once < request.volume - order.filled;
  if (!is_refused) match(order, b, now, now);
  if (order.status == order_status::filled) return;
  if (request.lifetime == time_in_force::fill_or_kill ||
      request.lifetime == time_in_force::immediate_or_cancel)
    return expire(order, now);
  auto& resting = buys ? b.buys : b.sells;
  resting.emplace(std::pair{priority_of(request), order.arrival}, request.id);
}

void sim_venue::expire(venue_order& order, timestamp now) {
  order.status = order_status::expired;
  send(order, make_report(order, report_kind::expired, now), now);
}

/// Ends the orders for the day before.
void sim_venue::end_day(std::int32_t trading_day, timestamp now) {
  trading_day_ = trading_day;
  for (auto& b : books_)
    for (auto* resting : {&b.buys, &b.sells})
      std::erase_if(*resting, [&](auto& place) {
        auto& order = orders_.at(place.second);
        if (order.request.lifetime != time_in_force::day) return false;
        order.status = order_status::expired;
        send(order, make_report(order, report_kind::expired, now), now + settings_.delay);
        return true;
      });
}

/// Says that there is no such order, or nothing to be done to it.
void sim_venue::deny(order_id id, report_kind kind, timestamp now) {
  execution_report report{.id = {id, 0}, .order = id, .kind = kind, .time = now};
  report.status = order_status::rejected;
  report.refusal = refusal_cause::unknown_for_good; // all that was sent has arrived
  report.text = "unknown order";
  schedule(now, std::move(report));
}

void sim_venue::arrive(const cancel_request& cancel, timestamp now) {
  auto found = orders_.find(cancel.order);
  if (found == orders_.end()) return deny(cancel.order, report_kind::cancel_rejected, now);
  auto& order = found->second;
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

void sim_venue::arrive(const replace_request& replace, timestamp now) {
  auto found = orders_.find(replace.order);
  if (found == orders_.end()) return deny(replace.order, report_kind::cancel_rejected, now);
  auto& order = found->second;
  bool is_open = !is_terminal(order.status);
  if (!is_open || replace.volume <= order.filled || replace.limit == no_price) {
    auto report = make_report(order, report_kind::cancel_rejected, now);
    report.revision = replace.revision;
    report.text = is_open ? "the new volume is not above what is filled, or no price" : "not open";
    send(order, std::move(report), now);
    return;
  }
  auto& request = order.request;
  auto& b = book_of(request.symbol);
  auto& resting = request.direction == side::buy ? b.buys : b.sells;
  bool keeps_place = replace.limit == request.limit && replace.volume <= request.volume;
  auto before = std::pair{priority_of(request), order.arrival};
  request.limit = replace.limit;
  request.volume = replace.volume;
  auto report = make_report(order, report_kind::replaced, now);
  report.revision = replace.revision;
  send(order, std::move(report), now);
  if (keeps_place) return;
  resting.erase(before);
  order.arrival = ++arrivals_;
  work(order, now);
}

void sim_venue::arrive(const status_query& query, timestamp now) {
  auto found = orders_.find(query.order);
  if (found == orders_.end()) return deny(query.order, report_kind::rejected, now);
  auto& order = found->second;
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
  positions_[order.request.symbol] += buys ? filled : -filled;
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

broker_snapshot::open_order sim_venue::open_order_of(const venue_order& order) {
  auto& request = order.request;
  return {.order = request.id,
          .cumulative = order.filled,
          .symbol = request.symbol,
          .direction = request.direction,
          .form = {request.limit, request.volume},
          .reference = request.reference};
}

broker_snapshot sim_venue::make_snapshot() const {
  broker_snapshot out;
  for (auto& [symbol, held] : positions_)
    if (held != quantity{}) out.positions.push_back({symbol, held});
  for (auto& b : books_)
    for (auto* resting : {&b.buys, &b.sells})
      for (auto& [place, id] : *resting)
        out.orders.push_back(open_order_of(orders_.at(id)));
  return out;
}

execution_report sim_venue::make_report(venue_order& order, report_kind kind, timestamp now) const {
  return {.id = {order.request.id, ++order.reports},
          .order = order.request.id,
          .kind = kind,
          .status = order.status,
          .cumulative = order.filled,
          .time = now,
          .reference = order.request.reference};
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
