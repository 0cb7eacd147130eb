// From the ids of the cluster view and the configuration to those of an execution slot's journal,
// which never change their meaning. Used by exec_slot, for what its links bring.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "messages/signal.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickmesh {

class journal_ids {
public:
  /// Every id stands for itself.
  journal_ids() = default;

  /// Of symbols and strategies as they are configured; `journal` has all their names.
  journal_ids(const std::vector<std::string>& symbols, const std::vector<std::string>& strategies,
              const trading_universe& journal)
      : symbols_(places_of<symbol_id>(symbols, journal.symbols)),
        strategies_(places_of<strategy_id>(strategies, journal.strategies)),
        is_same_(symbols == journal.symbols && strategies == journal.strategies) {}

  bool is_same() const { return is_same_; }

  /// Precondition: the view has the symbol.
  symbol_id of(symbol_id symbol) const { return is_same_ ? symbol : symbols_[symbol.value]; }
  /// One that is not configured is none of the journal's either.
  strategy_id of(strategy_id strategy) const {
    if (is_same_) return strategy;
    constexpr strategy_id none{std::numeric_limits<strategy_id::rep>::max()};
    return strategy.value < strategies_.size() ? strategies_[strategy.value] : none;
  }

private:
  template <class Id>
  static std::vector<Id> places_of(const std::vector<std::string>& names,
                                   const std::vector<std::string>& in) {
    std::unordered_map<std::string, Id> places;
    for (std::size_t i = 0; i < in.size(); ++i)
      places.try_emplace(in[i], Id{static_cast<typename Id::rep>(i)});
    std::vector<Id> out;
    for (auto& name : names)
      out.push_back(places.at(name));
    return out;
  }

  std::vector<symbol_id> symbols_;
  std::vector<strategy_id> strategies_;
  bool is_same_ = true;
};

} // namespace tickmesh
