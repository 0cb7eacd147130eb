#include "actors/execution/reconciler.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tickmesh {

namespace {

using differences = std::vector<book_difference>;

void compare_positions(std::span<const broker_snapshot::net_position> theirs,
                       std::span<const own_books::net_position> ours, differences& out) {
  std::map<symbol_id, quantity> at_broker;
  for (auto& position : theirs)
    at_broker[position.symbol] += position.held;
  for (std::uint32_t i = 0; i < ours.size(); ++i) {
    symbol_id symbol{i};
    auto found = at_broker.extract(symbol);
    auto held = found.empty() ? quantity{} : found.mapped();
    if (held != ours[i].held)
      out.push_back(
          {.symbol = symbol, .ours = ours[i].held, .theirs = held, .fills = ours[i].fills});
  }
  for (auto& [symbol, held] : at_broker) // symbols that nobody here knows
    if (held != quantity{}) out.push_back({.symbol = symbol, .theirs = held});
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
  compare_positions(theirs.positions, ours.positions, found);
  compare_orders(theirs.orders, ours.orders, found);
  std::sort(found.begin(), found.end());
  auto& state = brokers_[theirs.broker];
  state.standing.clear();
  std::set_intersection(found.begin(), found.end(), state.last.begin(), state.last.end(),
                        std::back_inserter(state.standing));
  state.last = found;
  return found;
}

const std::vector<book_difference>& reconciler::standing(broker_id broker) const {
  static const differences none;
  auto found = brokers_.find(broker);
  return found == brokers_.end() ? none : found->second.standing;
}

bool reconciler::is_clean() const {
  return std::all_of(brokers_.begin(), brokers_.end(),
                     [](auto& broker) { return broker.second.standing.empty(); });
}

} // namespace tickmesh
