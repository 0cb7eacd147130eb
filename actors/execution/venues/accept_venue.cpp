#include "actors/execution/venues/accept_venue.hpp"

#include "messages/overloaded.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

void accept_venue::submit(const order_request& request, timestamp now) {
  assert(pending_.empty() || pending_.back().due <= now + report_delay);
  pending_.push_back({request, now + report_delay});
}

void accept_venue::request_cancel(const cancel_request& request, timestamp now) {
  if (!is_pending(request.order)) deny(request.order, report_kind::cancel_rejected, 0, now);
}

void accept_venue::request_replace(const replace_request& request, timestamp now) {
  deny(request.order, report_kind::cancel_rejected, request.revision, now);
}

void accept_venue::query(const status_query& request, timestamp now) {
  if (!is_pending(request.order)) deny(request.order, report_kind::rejected, 0, now);
}

void accept_venue::probe(timestamp now) {
  answers_.push_back({now + report_delay, broker_event{.news = broker_news::probe_answered}});
}

void accept_venue::request_snapshot(timestamp now) {
  answers_.push_back({now + report_delay, snapshot_request{}});
}

void accept_venue::request_executions(timestamp, timestamp now) {
  answers_.push_back({now + report_delay, broker_event{.news = broker_news::executions_told}});
}

bool accept_venue::is_pending(order_id id) const {
  return std::ranges::any_of(pending_, [id](auto& order) { return order.request.id == id; });
}

void accept_venue::deny(order_id id, report_kind kind, std::uint32_t revision, timestamp now) {
  bool is_known = is_pending(id);
  answers_.push_back(
      {now + report_delay,
       execution_report{.id = {id, 0},
                        .order = id,
                        .kind = kind,
                        .status = is_known ? order_status::accepted : order_status::rejected,
                        .time = now + report_delay,
                        .revision = revision,
                        .refusal = is_known ? refusal_cause::none : refusal_cause::unknown_now,
                        .text = is_known ? "it is filled at once" : "no open order"}});
}

broker_snapshot accept_venue::make_snapshot() const {
  broker_snapshot out;
  for (std::uint32_t i = 0; i < positions_.size(); ++i)
    if (positions_[i] != quantity{}) out.positions.push_back({symbol_id{i}, positions_[i]});
  return out;
}

std::optional<timestamp> accept_venue::next_time() const {
  if (pending_.empty() && answers_.empty()) return std::nullopt;
  if (pending_.empty()) return answers_.front().due;
  if (answers_.empty()) return pending_.front().due;
  return std::min(pending_.front().due, answers_.front().due);
}

std::optional<venue_news> accept_venue::take_next() {
  if (!answers_.empty() && next_time() == answers_.front().due) {
    auto answer = std::move(answers_.front().what);
    answers_.pop_front();
    return std::visit<venue_news>(
        overloaded{[](execution_report& report) { return std::move(report); },
                   [](broker_event& event) { return std::move(event); },
                   [this](const snapshot_request&) { return make_snapshot(); }},
        answer);
  }
  assert(!pending_.empty());
  auto& order = pending_.front();
  auto& request = order.request;
  execution_report report{.id = {request.id, 1},
                          .order = request.id,
                          .kind = report_kind::accepted,
                          .status = order_status::accepted,
                          .time = order.due};
  if (!order.is_acknowledged) {
    order.is_acknowledged = true;
    return report;
  }
  report.id.counter = 2;
  report.kind = report_kind::fill;
  report.status = order_status::filled;
  report.last_price = request.limit;
  report.last_quantity = report.cumulative = request.volume;
  if (positions_.size() <= request.symbol.value) positions_.resize(request.symbol.value + 1ULL);
  positions_[request.symbol.value] +=
      request.direction == side::buy ? request.volume : -request.volume;
  pending_.pop_front();
  return report;
}

} // namespace tickmesh
