#include "actors/execution/reconciliation/reconciler.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace tickmesh {

namespace {

using differences = std::vector<book_difference>;

/// What a broker says need not fit.
quantity plus(quantity a, quantity b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a.value, b.value, &sum)) return quantity{sum};
  return quantity{a.value < 0 ? std::numeric_limits<std::int64_t>::min() + 1
                              : std::numeric_limits<std::int64_t>::max()};
}

void compare_positions(std::span<const broker_snapshot::net_position> theirs,
                       std::span<const own_books::net_position> ours,
                       const std::map<symbol_id, quantity>& expected, differences& out) {
  std::map<symbol_id, quantity> at_broker;
  for (auto& position : theirs)
    at_broker[position.symbol] = plus(at_broker[position.symbol], position.held);
  auto beyond = expected;
  for (std::uint32_t i = 0; i < ours.size(); ++i) {
    symbol_id symbol{i};
    auto found = at_broker.extract(symbol);
    auto held = found.empty() ? quantity{} : found.mapped();
    auto more = beyond.extract(symbol);
    auto wanted = plus(ours[i].held, more.empty() ? quantity{} : more.mapped());
    if (held != wanted)
      out.push_back({.symbol = symbol, .ours = wanted, .theirs = held, .fills = ours[i].fills});
  }
  for (auto& [symbol, held] : at_broker) { // symbols that nobody here knows
    auto more = beyond.extract(symbol);
    auto wanted = more.empty() ? quantity{} : more.mapped();
    if (held != wanted) out.push_back({.symbol = symbol, .ours = wanted, .theirs = held});
  }
  for (auto& [symbol, wanted] : beyond)
    if (wanted != quantity{}) out.push_back({.symbol = symbol, .ours = wanted, .theirs = {}});
}

void compare_orders(std::span<const broker_snapshot::open_order> theirs,
                    std::span<const own_books::open_order> ours, differences& out) {
  std::map<order_id, quantity> at_broker;
  for (auto& order : theirs)
    at_broker[order.order] = order.cumulative;
  for (auto& order : ours) {
    auto found = at_broker.extract(order.order);
    if (!found.empty() && found.mapped() > order.filled)
      out.push_back({.kind = difference_kind::missing_fill,
                     .order = order.order,
                     .ours = order.filled,
                     .theirs = found.mapped()});
    if (found.empty() && !order.may_be_unknown)
      out.push_back(
          {.kind = difference_kind::unknown_there, .order = order.order, .ours = order.filled});
  }
  for (auto& [order, cumulative] : at_broker)
    out.push_back({.kind = difference_kind::unknown_here, .order = order, .theirs = cumulative});
}

} // namespace

std::vector<book_difference> reconciler::compare(const broker_snapshot& theirs,
                                                 const own_books& ours) {
  ++snapshots_;
  differences found;
  auto& state = brokers_[theirs.broker];
  compare_positions(theirs.positions, ours.positions, state.expected, found);
  compare_orders(theirs.orders, ours.orders, found);
  std::erase_if(found, [&](const book_difference& difference) {
    return difference.kind != difference_kind::position && state.foreign.contains(difference.order);
  });
  std::sort(found.begin(), found.end());
  if (found.empty()) state.is_awaited = state.is_awaited_first = false;
  state.standing.clear();
  std::set_intersection(found.begin(), found.end(), state.last.begin(), state.last.end(),
                        std::back_inserter(state.standing));
  state.stands_for = state.standing.empty() ? 0 : state.stands_for + 1;
  state.last = found;
  return found;
}

void reconciler::let_go(broker_id broker) {
  auto found = brokers_.find(broker);
  if (found == brokers_.end()) return;
  found->second.last.clear();
  found->second.standing.clear();
  found->second.is_awaited = found->second.is_awaited_first = false;
  found->second.awaits_executions = false;
}

std::vector<book_difference> reconciler::accept(broker_id broker) {
  auto& state = brokers_[broker];
  differences accepted;
  for (auto& difference : state.standing) {
    if (difference.kind == difference_kind::position) {
      auto& expected = state.expected[difference.symbol];
      expected = plus(expected, plus(difference.theirs, -difference.ours));
    } else if (difference.kind == difference_kind::unknown_here) {
      state.foreign.insert(difference.order);
    } else {
      continue;
    }
    accepted.push_back(difference);
  }
  auto is_accepted = [&](auto& d) {
    return std::find(accepted.begin(), accepted.end(), d) != accepted.end();
  };
  std::erase_if(state.standing, is_accepted);
  std::erase_if(state.last, is_accepted);
  if (!accepted.empty() && state.last.empty()) state.is_awaited = state.is_awaited_first = false;
  return accepted;
}

const std::vector<book_difference>& reconciler::standing(broker_id broker) const {
  static const differences none;
  auto* state = find(broker);
  return state == nullptr ? none : state->standing;
}

const reconciler::broker_state* reconciler::find(broker_id broker) const {
  auto found = brokers_.find(broker);
  return found == brokers_.end() ? nullptr : &found->second;
}

bool reconciler::is_foreign(broker_id broker, order_id order) const {
  auto* state = find(broker);
  return state != nullptr && state->foreign.contains(order);
}

std::uint64_t reconciler::stands_for(broker_id broker) const {
  auto* state = find(broker);
  return state == nullptr ? 0 : state->stands_for;
}

bool reconciler::is_awaited(broker_id broker) const {
  auto* state = find(broker);
  return state != nullptr && state->is_awaited;
}

bool reconciler::is_awaited_first(broker_id broker) const {
  auto* state = find(broker);
  return state != nullptr && state->is_awaited_first;
}

bool reconciler::awaits_executions(broker_id broker) const {
  auto* state = find(broker);
  return state != nullptr && state->awaits_executions;
}

void reconciler::note_executions_told(broker_id broker) {
  if (auto found = brokers_.find(broker); found != brokers_.end())
    found->second.awaits_executions = false;
}

bool reconciler::waive_first(broker_id broker) {
  auto found = brokers_.find(broker);
  if (found == brokers_.end()) return false;
  bool waited = std::exchange(found->second.is_awaited_first, false);
  return std::exchange(found->second.awaits_executions, false) || waited;
}

bool reconciler::is_clean() const {
  return std::all_of(brokers_.begin(), brokers_.end(), [](auto& broker) {
    auto& state = broker.second;
    return state.standing.empty() && !state.is_awaited && !state.awaits_executions;
  });
}

} // namespace tickmesh
