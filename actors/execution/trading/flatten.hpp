// Which orders bring an account's positions to zero. Used by trading_state; pure functions.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/risk/limits/risk_limits.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace tickmesh {

/// Symbol, strategy, side and volume of the orders that would bring the net position of each symbol
/// to zero: of the strategies that hold its side, until all of it is covered. Opposite positions of
/// two strategies, of which the broker knows nothing, are left. `rows` come by symbol.
std::vector<order_request> orders_to_flatten(std::span<const position_row> rows);

/// The most of `wanted` that order_size_max and order_value_max let through at once; at least one
/// step.
quantity largest_order(quantity wanted, price at, const applied_limits& limits,
                       std::int64_t multiplier, quantity step);

} // namespace tickmesh
