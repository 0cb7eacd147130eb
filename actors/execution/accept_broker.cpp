#include "actors/execution/accept_broker.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

void accept_broker::submit(const order_request& request, timestamp now) {
  assert(pending_.empty() || pending_.back().due <= now + report_delay);
  pending_.push_back({request, now + report_delay});
}

void accept_broker::request_replace(const replace_request&, timestamp) {
  assert(false);
}

void accept_broker::query(order_id, timestamp) {
  assert(false);
}

void accept_broker::probe(timestamp) {
  assert(false);
}

void accept_broker::request_snapshot(timestamp now) {
  snapshots_.push_back(now + report_delay);
}

std::optional<timestamp> accept_broker::next_time() const {
  if (pending_.empty() && snapshots_.empty()) return std::nullopt;
  if (pending_.empty()) return snapshots_.front();
  if (snapshots_.empty()) return pending_.front().due;
  return std::min(pending_.front().due, snapshots_.front());
}

std::optional<venue_news> accept_broker::take_next() {
  if (!snapshots_.empty() && next_time() == snapshots_.front()) {
    snapshots_.pop_front();
    broker_snapshot out;
    for (std::uint32_t i = 0; i < positions_.size(); ++i)
      if (positions_[i] != quantity{}) out.positions.push_back({symbol_id{i}, positions_[i]});
    return out;
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
