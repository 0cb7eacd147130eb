// Points in time as sources write them. A number says its unit by its size.
#pragma once

#include "messages/timestamp.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

/// Sources' stamps lie in [2000-01-01, 2200-01-01): in this range s, ms, us and ns since 1970 have
/// no number in common, so that a unit that was mistaken never gives another time.
inline constexpr timestamp stamp_begin{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
inline constexpr timestamp stamp_end{std::chrono::sys_days{std::chrono::year{2200} / 1 / 1}};

constexpr bool is_stamp(timestamp t) {
  return t >= stamp_begin && t < stamp_end;
}

/// Units of numbers that count from 1970, as bits of a set.
enum class stamp_unit : std::uint8_t { s = 1, ms = 2, us = 4, ns = 8 };

/// A stamp that was read, or why there is none.
struct source_stamp {
  timestamp time{};
  stamp_unit unit = stamp_unit::ns; ///< of a number
  bool is_number = false;
  bool is_good = false;
  std::string allowed{}; ///< for a message, "... is not ..."; empty when it is good
};

/// Reads a number of s, ms, us or ns since 1970 (perhaps with decimals), or a time
/// `YYYY-MM-DDTHH:MM:SS[.fraction]Z`. Never a time outside [stamp_begin, stamp_end).
source_stamp parse_source_stamp(std::string_view text);

/// parse_source_stamp for columns that hold numbers only.
source_stamp parse_number_stamp(std::string_view text);

/// The names of a set of units: `ms and us`.
std::string name_units(unsigned units);

} // namespace tickmesh
