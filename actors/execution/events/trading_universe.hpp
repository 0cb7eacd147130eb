// What can be traded and by whom. Shared by trading_state, the risk rules' facts and the rows.
#pragma once

#include "actors/execution/values/strategy_slots.hpp"
#include "messages/instrument.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Within a journal, lists only grow: see slot_configuration.
struct trading_universe {
  std::vector<std::string> symbols;                   ///< names by symbol id
  std::vector<std::optional<instrument>> instruments; ///< by symbol id; nothing: not tradable
  std::vector<std::string> strategies;                ///< names by strategy id
  std::string account = "main";                       ///< name of the one account

  /// Precondition: one of `strategies`, or no_strategy.
  std::string_view name_of(strategy_id strategy) const {
    return strategy == no_strategy ? no_strategy_name
                                   : std::string_view{strategies[strategy.value]};
  }
};

} // namespace tickmesh
