#include "actors/execution/reconciliation/broker_books.hpp"

#include <algorithm>

namespace tickmesh {

std::vector<own_books::net_position>& broker_books::positions_at(broker_id broker) {
  if (positions_.size() <= broker.value) positions_.resize(broker.value + 1ULL);
  auto& positions = positions_[broker.value];
  positions.resize(symbols_);
  return positions;
}

void broker_books::book_fill(broker_id broker, symbol_id symbol, side direction, quantity volume) {
  auto& position = positions_at(broker)[symbol.value];
  position.held += direction == side::buy ? volume : -volume;
  ++position.fills;
}

void broker_books::note_execution(broker_id broker, timestamp time) {
  if (last_executions_.size() <= broker.value)
    last_executions_.resize(broker.value + 1ULL, timestamp::min());
  auto& last = last_executions_[broker.value];
  last = std::max(last, time);
}

timestamp broker_books::executions_known_until(broker_id broker) const {
  constexpr nanoseconds overlap{std::chrono::seconds{60}}; // clocks, and reports out of turn
  if (last_executions_.size() <= broker.value) return timestamp::min();
  auto last = last_executions_[broker.value];
  return last < timestamp::min() + overlap ? timestamp::min() : last - overlap;
}

std::vector<order_id> broker_books::compare(const broker_snapshot& theirs,
                                            const order_manager& orders) {
  std::vector<own_books::open_order> open;
  for (auto* order : orders.unfinished_at(theirs.broker)) {
    bool may_be_unknown = order->status() == order_status::in_doubt ||
                          order->machine.progress() == order_progress::unacknowledged;
    open.push_back({order->request.id, order->filled, may_be_unknown});
  }
  std::vector<order_id> unclear;
  for (auto& difference : reconciler_.compare(theirs, {open, positions_at(theirs.broker)}))
    if (difference.kind == difference_kind::missing_fill ||
        difference.kind == difference_kind::unknown_there)
      unclear.push_back(difference.order);
  return unclear;
}

} // namespace tickmesh
