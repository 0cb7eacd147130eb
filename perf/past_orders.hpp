// What a halt and a session that is back cost a trading state, by how many orders it has had.
#pragma once

#include <cstddef>
#include <vector>

namespace tickmesh {

/// In ms, one value for each repetition.
struct past_orders_times {
  std::vector<double> halt_ms;       ///< cancels all that is open
  std::vector<double> session_up_ms; ///< asks for all that is open
  std::vector<double> snapshot_ms;   ///< compares the books with what the broker holds
};

/// In turns with `few` and with `many` past orders, each with the same number of open ones.
struct past_orders_comparison {
  past_orders_times few, many;
};
past_orders_comparison compare_past_orders(std::size_t few, std::size_t many,
                                           std::size_t repetitions);

} // namespace tickmesh
