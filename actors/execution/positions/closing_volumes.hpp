// How much of what is held the open orders are to close, as they were sent (order_request::parts).
// Part of order_manager; who opens the next order looks at it.
#pragma once

#include "actors/execution/events/venue_command.hpp"

#include <map>
#include <tuple>

namespace tickmesh {

class closing_volumes {
public:
  /// What an order is still to close has changed; 0 before it was sent and after it has ended.
  void change(const order_request& request, quantity before, quantity after) {
    if (before == after) return;
    auto found = volumes_.try_emplace({request.symbol, request.strategy, request.direction}).first;
    found->second += after - before;
    if (found->second == quantity{}) volumes_.erase(found);
  }

  quantity of(symbol_id symbol, strategy_id strategy, side direction) const {
    auto found = volumes_.find({symbol, strategy, direction});
    return found != volumes_.end() ? found->second : quantity{};
  }

  template <class Archive>
  void persist(Archive& archive) {
    archive(volumes_);
  }

private:
  std::map<std::tuple<symbol_id, strategy_id, side>, quantity> volumes_; ///< none is 0
};

} // namespace tickmesh
