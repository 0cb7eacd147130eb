// What changed in a trading_state since somebody last asked: the rows that a ledger is to hold.
#pragma once

#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/trading/trading_rows.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace tickmesh {

/// A position as it stood at an event: at its last fill, or at the end of the log.
struct position_change {
  position_row row;
  std::uint64_t event = 0; ///< number in the event log
};

struct trading_changes {
  std::vector<order_row> orders; ///< an order once, as it stands; refused signals too
  std::vector<fill_row> fills;
  std::map<std::pair<symbol_id, strategy_id>, position_change> positions;
  std::uint64_t through = 0; ///< number of the last event that was applied

  std::size_t size() const { return orders.size() + fills.size() + positions.size(); }
};

/// What became of the changes on their way to a ledger.
struct ledger_counts {
  std::uint64_t rows = 0;      ///< sent; an order comes again when it changes again
  std::uint64_t overflows = 0; ///< the keeper was behind by more than rows_held_max rows
  std::uint64_t failures = 0;  ///< writes and rebuilds that failed
};

} // namespace tickmesh
