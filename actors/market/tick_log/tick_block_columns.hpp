// What the writing and the reading of blocks share: how columns are coded against each other.
#pragma once

#include "messages/result.hpp"
#include "messages/tick.hpp"
#include "messages/tick_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace tickmesh {

constexpr std::size_t column_index(tick_column c) {
  return static_cast<std::size_t>(c);
}

/// The columns in which a price may be absent; a bit of a word says that it is.
inline constexpr std::array price_columns{column_index(tick_column::bid),
                                          column_index(tick_column::last),
                                          column_index(tick_column::ask)};

/// The place of a column among price_columns; their number for another column.
constexpr std::size_t price_index(std::size_t column) {
  return static_cast<std::size_t>(std::find(price_columns.begin(), price_columns.end(), column) -
                                  price_columns.begin());
}

/// Which columns are coded as differences from others; a bit each in a block's header.
inline constexpr std::uint64_t cumulative_by_volume = 1, last_by_bid = 2, ask_by_bid = 4;

/// Whether a column's type has a value.
constexpr bool holds(std::size_t column, std::int64_t value) {
  switch (static_cast<tick_column>(column)) {
  case tick_column::kind:
  case tick_column::aggressor: return value >= 0 && value <= 2;
  case tick_column::source: return value >= 0 && value <= UINT16_MAX;
  case tick_column::trading_day: return value >= INT32_MIN && value <= INT32_MAX;
  default: return true;
  }
}

inline tl::unexpected<fault> malformed_block(std::string_view what) {
  return fail(fmt::format("a malformed block: {}", what));
}

} // namespace tickmesh
