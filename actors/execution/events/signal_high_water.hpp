// Remembers, per (symbol, strategy), the newest signal that took effect, so that each acts once.
// Used by the merge (what is logged) and by the trading state (what is acted upon).
#pragma once

#include "messages/signal.hpp"

#include <cstdint>
#include <tuple>
#include <vector>

namespace tickmesh {

/// Signals of one (symbol, strategy) are ordered by data epoch, last tick and window end.
class signal_high_water {
public:
  /// True, and remembered, when `name` is newer than every name seen of its symbol and strategy.
  bool admit(const signal_name& name) {
    auto& by_strategy = symbol_of(name);
    if (name.strategy.value >= by_strategy.size()) by_strategy.resize(name.strategy.value + 1ULL);
    auto& highest = by_strategy[name.strategy.value];
    if (rank_of(name) <= highest) return false;
    highest = rank_of(name);
    return true;
  }

  /// True when `name` has been admitted, or a newer one.
  bool covers(const signal_name& name) const {
    auto symbol = name.symbol.value, strategy = std::uint32_t{name.strategy.value};
    return symbol < highest_.size() && strategy < highest_[symbol].size() &&
           rank_of(name) <= highest_[symbol][strategy];
  }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(highest_);
  }

private:
  /// A name's rank is above that of no name, since numbers of ticks begin at 1.
  using rank = std::tuple<epoch, sequence, timestamp>;

  static rank rank_of(const signal_name& name) {
    return {name.data_epoch, name.last_tick, name.window_end};
  }

  std::vector<rank>& symbol_of(const signal_name& name) {
    if (name.symbol.value >= highest_.size()) highest_.resize(name.symbol.value + 1ULL);
    return highest_[name.symbol.value];
  }

  std::vector<std::vector<rank>> highest_; // by symbol and strategy
};

} // namespace tickmesh
