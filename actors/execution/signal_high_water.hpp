// Remembers, per (symbol, strategy), the newest signal that took effect, so that each acts once.
// Used by the merge (what is logged) and by the trading state (what is acted upon).
#pragma once

#include "messages/signal.hpp"

#include <tuple>
#include <unordered_map>

namespace tickmesh {

/// Signals of one (symbol, strategy) are ordered by data epoch, last tick and window end.
class signal_high_water {
public:
  /// True, and remembered, when `name` is newer than every name seen of its symbol and strategy.
  bool admit(const signal_name& name) {
    rank r{name.data_epoch, name.last_tick, name.window_end};
    auto [i, added] = highest_.try_emplace(key_of(name), r);
    if (added) return true;
    if (r <= i->second) return false;
    i->second = r;
    return true;
  }

  /// True when `name` has been admitted, or a newer one.
  bool covers(const signal_name& name) const {
    auto i = highest_.find(key_of(name));
    return i != highest_.end() &&
           rank{name.data_epoch, name.last_tick, name.window_end} <= i->second;
  }

private:
  using rank = std::tuple<epoch, sequence, timestamp>;

  static std::uint64_t key_of(const signal_name& name) {
    return std::uint64_t{name.symbol.value} << 16U | name.strategy.value;
  }

  std::unordered_map<std::uint64_t, rank> highest_; // looked up only, never walked
};

} // namespace tickmesh
