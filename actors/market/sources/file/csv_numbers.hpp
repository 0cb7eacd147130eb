// Numbers as the recorded files print them, into exact 1e-8 units.
#pragma once

#include "messages/instrument.hpp"
#include "messages/numbers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// A decimal in 1e-8 as programs print it: also with an exponent (`5.16e-06`), and with zeros
/// beyond the eighth decimal. Nothing on what is no number, or one that does not fit the rule or 64
/// bits. By `round`, what 1e-8 can't hold is rounded to the nearest, a half away from zero.
std::optional<std::int64_t> parse_source_decimal(std::string_view text,
                                                 decimal_rule rule = decimal_rule::exact);

/// parse_source_decimal for money: up to 28 digits before the point.
std::optional<int128> parse_wide_decimal(std::string_view text,
                                         decimal_rule rule = decimal_rule::exact);

/// For the message about a text that parse_source_decimal refuses: what is allowed, and the cause
/// where it can be told (a separator of thousands, a decimal comma, blanks).
std::string decimal_allowed(std::string_view text);

/// A number of a CTP file. CTP keeps doubles, so files print long tails (`7167.999999999999`) and
/// exponents; what is not an exact decimal is rounded to the nearest 1e-8.
struct ctp_number {
  enum class status : std::uint8_t {
    present,
    absent, ///< empty, or at least 1e300: CTP writes DBL_MAX where it has no value
    malformed,
  };
  status is = status::absent;
  int128 units = 0; ///< in 1e-8
};
ctp_number parse_ctp_number(std::string_view text);

/// An integer of decimal digits, without a sign, in [0, max].
std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t max);

} // namespace tickmesh
