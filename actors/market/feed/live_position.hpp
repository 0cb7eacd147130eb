// Where a record of a live source stands: the trading day of its sender and its number on that day.
// Senders number anew each day, or go on; either way later records stand higher
// (docs/decisions/0020-a-live-position-is-day-and-number.md).
#pragma once

#include "messages/numbers.hpp"

#include <cstdint>

namespace tickmesh {

/// Numbers of one day are 1 to this.
inline constexpr std::uint64_t live_number_max = (std::uint64_t{1} << 48) - 1;

/// The last day that fits a position, yyyymmdd.
inline constexpr std::int32_t live_day_max = 21490606;

struct live_position {
  std::int32_t day = 0;     ///< yyyymmdd; 0: no sender has told of a day yet
  std::uint64_t number = 0; ///< 0: before the day's first
  friend auto operator<=>(const live_position&, const live_position&) = default;
};

/// Both in one number, whose order is theirs: days since 1970 x 2^48 + the number. Cursors,
/// acknowledgements and the totals of a log have it; ticks, files and messages to people have the
/// sender's number. Precondition: day is 0 or a date from 19700102 to live_day_max.
source_position to_source_position(const live_position& position);

live_position to_live_position(source_position position);

} // namespace tickmesh
