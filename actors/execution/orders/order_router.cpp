#include "actors/execution/orders/order_router.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

order_router::order_router(routing_rules rules) : rules_(std::move(rules)) {
  assert(!rules_.preference.empty() && rules_.failover_threshold > 0);
  for (auto broker : rules_.preference)
    if (states_.size() <= broker.value) states_.resize(broker.value + 1ULL);
}

void order_router::change_rules(routing_rules rules) {
  order_router next{std::move(rules)};
  for (auto broker : next.rules_.preference)
    if (auto* known = state_of(broker)) next.states_[broker.value] = *known;
  next.switches_ = switches_;
  *this = std::move(next);
}

std::optional<broker_id> order_router::choose(const std::vector<broker_id>& refused_by) const {
  for (auto broker : rules_.preference)
    if (is_usable(broker) &&
        std::find(refused_by.begin(), refused_by.end(), broker) == refused_by.end())
      return broker;
  return std::nullopt;
}

void order_router::note_failure(broker_id broker, timestamp now) {
  auto* state = state_of(broker);
  if (state == nullptr) return;
  ++state->failures;
  judge(*state, now);
}

void order_router::note_answer(broker_id broker) {
  auto* state = state_of(broker);
  if (state == nullptr) return;
  state->failures = 0;
  judge(*state, timestamp{});
}

void order_router::note_session(broker_id broker, bool is_up, timestamp now) {
  auto* state = state_of(broker);
  if (state == nullptr) return;
  state->is_connected = is_up;
  if (is_up) state->failures = 0;
  judge(*state, now);
}

bool order_router::is_usable(broker_id broker) const {
  return broker.value < states_.size() && states_[broker.value].is_usable;
}

std::vector<broker_id> order_router::take_probes(timestamp now) {
  std::vector<broker_id> due;
  for (auto broker : rules_.preference) {
    auto& state = states_[broker.value];
    if (state.is_usable || state.next_probe > now) continue;
    state.next_probe = now + rules_.probe_interval;
    due.push_back(broker);
  }
  return due;
}

std::optional<timestamp> order_router::next_probe() const {
  std::optional<timestamp> next;
  for (auto broker : rules_.preference) {
    auto& state = states_[broker.value];
    if (!state.is_usable) next = std::min(next.value_or(state.next_probe), state.next_probe);
  }
  return next;
}

/// Null for one that gets no orders.
order_router::broker_state* order_router::state_of(broker_id broker) {
  bool gets_orders = std::ranges::find(rules_.preference, broker) != rules_.preference.end();
  return gets_orders ? &states_[broker.value] : nullptr;
}

void order_router::judge(broker_state& state, timestamp now) {
  bool is_usable = state.is_connected && state.failures < rules_.failover_threshold;
  if (state.is_usable && !is_usable) {
    state.next_probe = now + rules_.probe_interval;
    ++switches_;
  }
  state.is_usable = is_usable;
}

} // namespace tickmesh
