// Whose a position or an order is when it is no strategy's, and the place of each in what is kept
// by strategy. Used by the books and the risk rules' facts.
#pragma once

#include "messages/signal.hpp"

#include <cstddef>
#include <cstdint>

namespace tickmesh {

/// Of what a broker holds beyond our books and an operator has accepted, and of the orders that
/// flatten it. Not the number of strategies, which may change while a journal goes on.
inline constexpr strategy_id no_strategy{0xFFFF};

/// What rows say in place of a strategy's name.
inline constexpr const char* no_strategy_name = "(outside)";

/// The place of a strategy in a vector: no_strategy has the first, since it wraps round.
constexpr std::size_t slot_of(strategy_id strategy) {
  return static_cast<std::uint16_t>(strategy.value + 1U);
}
constexpr strategy_id strategy_of(std::size_t slot) {
  return strategy_id{static_cast<std::uint16_t>(slot - 1U)};
}
static_assert(slot_of(no_strategy) == 0 && strategy_of(0) == no_strategy);

} // namespace tickmesh
