#include "actors/market/csv_numbers.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace tickmesh {

namespace {

constexpr int decimals_max = 8;
constexpr int128 wide_max = int128{1'000'000'000'000'000'000} * decimal_scale * 10'000'000'000;
constexpr double absent_from = 1e300;
constexpr double units_max = 1e36;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

} // namespace

std::optional<int128> parse_wide_decimal(std::string_view text) {
  if (auto narrow = parse_decimal(text)) return int128{*narrow};
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  auto point = text.find('.');
  auto whole = text.substr(0, point);
  int128 units = 0;
  for (char c : whole) {
    if (!is_digit(c) || units > wide_max / 10) return std::nullopt;
    units = units * 10 + int128{c - '0'} * decimal_scale;
    if (units > wide_max) return std::nullopt;
  }
  if (whole.empty()) return std::nullopt;
  if (point != std::string_view::npos) {
    auto fraction = parse_decimal("0" + std::string{text.substr(point)});
    if (!fraction) return std::nullopt;
    units += *fraction;
  }
  return negative ? -units : units;
}

ctp_number parse_ctp_number(std::string_view text) {
  using enum ctp_number::status;
  if (text.empty()) return {absent, 0};
  if (auto exact = parse_wide_decimal(text)) return {present, *exact};
  if (!is_digit(text.front()) && text.front() != '-') return {malformed, 0};
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return {malformed, 0};
  // `%.15g` rounds DBL_MAX up to 1.79769313486232E+308, which no double holds.
  bool too_large = code == std::errc::result_out_of_range && is_digit(text.front()) &&
                   text.find('-') == std::string_view::npos;
  if (too_large) return {absent, 0};
  if (code != std::errc{}) return {malformed, 0};
  if (value >= absent_from) return {absent, 0};
  double units = std::round(value * static_cast<double>(decimal_scale));
  if (!(std::abs(units) < units_max)) return {malformed, 0};
  return {present, static_cast<int128>(units)};
}

std::optional<std::int64_t> parse_integer(std::string_view text, std::int64_t max) {
  std::int64_t value = 0;
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

} // namespace tickmesh
