#include "messages/numbers.hpp"

#include <limits>

namespace tickmesh {

namespace {

constexpr int decimals_max = 8;

} // namespace

namespace {

/// parse_decimal for magnitudes up to `limit`, which is below the largest int128 / 1e9.
std::optional<int128> parse_units(std::string_view text, int128 limit) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  int128 units = 0;
  int decimals = -1; // -1: the point has not been seen
  for (char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
    } else if (is_digit(c)) {
      if (decimals == decimals_max) {
        if (c != '0') return std::nullopt;
        continue;
      }
      units = units * 10 + (c - '0');
      if (decimals >= 0) ++decimals;
      if (units > limit) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  if (decimals == 0) return std::nullopt; // "12."
  for (int i = decimals < 0 ? 0 : decimals; i < decimals_max; ++i)
    units *= 10;
  if (units > limit) return std::nullopt;
  return negative ? -units : units;
}

} // namespace

std::optional<std::int64_t> parse_decimal(std::string_view text) {
  auto units = parse_units(text, std::numeric_limits<std::int64_t>::max());
  if (!units) return std::nullopt;
  return static_cast<std::int64_t>(*units);
}

std::optional<money> parse_money(std::string_view text) {
  constexpr auto limit = static_cast<int128>(~uint128{0} >> 1U) / 1'000'000'000;
  auto units = parse_units(text, limit);
  if (!units) return std::nullopt;
  return money{*units};
}

namespace {

/// Writes decimal digits in front of `end`; returns the first.
template <class Unsigned>
char* put_digits(char* end, Unsigned whole) {
  do {
    *--end = static_cast<char>('0' + static_cast<int>(whole % 10));
    whole /= 10;
  } while (whole != 0);
  return end;
}

} // namespace

void append_decimal(std::string& out, int128 units) {
  char text[48];
  auto* end = text + sizeof text;
  auto* begin = end;
  auto magnitude = units < 0 ? -static_cast<uint128>(units) : static_cast<uint128>(units);
  // Division of 128 bits is slow, and seldom needed.
  auto low = static_cast<std::uint64_t>(magnitude);
  bool is_short = low == magnitude;
  auto fraction =
      is_short ? low % decimal_scale : static_cast<std::uint64_t>(magnitude % decimal_scale);
  if (fraction != 0) {
    int width = decimals_max;
    for (; fraction % 10 == 0; fraction /= 10)
      --width;
    for (; width > 0; --width, fraction /= 10)
      *--begin = static_cast<char>('0' + fraction % 10);
    *--begin = '.';
  }
  begin = is_short ? put_digits(begin, low / decimal_scale)
                   : put_digits(begin, magnitude / decimal_scale);
  if (units < 0) *--begin = '-';
  out.append(begin, end);
}

std::string format_decimal(int128 units) {
  std::string out;
  append_decimal(out, units);
  return out;
}

std::optional<money> order_value(price p, quantity q, std::int64_t multiplier) {
  // Whole lots and multipliers need no 128-bit division, which is slow.
  std::int64_t lots_value = 0;
  if (q.value % decimal_scale == 0 && multiplier % decimal_scale == 0 &&
      !__builtin_mul_overflow(p.value, q.value / decimal_scale, &lots_value))
    return money{int128{lots_value} * (multiplier / decimal_scale)};
  int128 value = static_cast<int128>(p.value) * q.value / decimal_scale;
  int128 scaled = 0;
  if (__builtin_mul_overflow(value, static_cast<int128>(multiplier), &scaled)) return std::nullopt;
  return money{scaled / decimal_scale};
}

} // namespace tickmesh
