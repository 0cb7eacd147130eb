#include "actors/market/sources/file/csv_numbers.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace tickmesh {

namespace {

constexpr int decimals_max = 8;
constexpr int128 wide_max = int128{1'000'000'000'000'000'000} * decimal_scale * 10'000'000'000;
constexpr int exponent_max = 999;
constexpr double absent_from = 1e300;
constexpr double units_max = 1e36;

/// `[+-]digits`, within the bounds of a double and some more.
std::optional<int> parse_exponent(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  int out = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (out > exponent_max || out < -exponent_max) return std::nullopt;
  return out;
}

/// whole.fraction x 10^exponent in 1e-8.
std::optional<int128> to_units(std::string_view whole, std::string_view fraction, int exponent,
                               decimal_rule rule) {
  // Decimals of the last digit that counts; what stands beyond must be zeros, or is rounded.
  int128 units = 0;
  auto decimals = -static_cast<int>(whole.size()) - exponent;
  bool rounds_up = false;
  for (auto part : {whole, fraction}) {
    for (char c : part) {
      if (!is_digit(c)) return std::nullopt;
      ++decimals;
      if (decimals > decimals_max) {
        if (c != '0' && rule == decimal_rule::exact) return std::nullopt;
        if (decimals == decimals_max + 1) rounds_up = c >= '5';
        continue;
      }
      if (units > wide_max / 10) return std::nullopt;
      units = units * 10 + (c - '0');
    }
  }
  for (; decimals < decimals_max; ++decimals) {
    if (units > wide_max / 10) return std::nullopt;
    units *= 10;
    if (units == 0) break;
  }
  return units + (rounds_up ? 1 : 0);
}

} // namespace

std::optional<int128> parse_wide_decimal(std::string_view text, decimal_rule rule) {
  if (auto narrow = parse_decimal(text)) return int128{*narrow};
  bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  auto mark = text.find_first_of("eE");
  auto mantissa = text.substr(0, mark);
  int exponent = 0;
  if (mark != std::string_view::npos) {
    auto read = parse_exponent(text.substr(mark + 1));
    if (!read) return std::nullopt;
    exponent = *read;
  }
  auto point = mantissa.find('.');
  auto whole = mantissa.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view{} : mantissa.substr(point + 1);
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  auto units = to_units(whole, fraction, exponent, rule);
  if (!units) return std::nullopt;
  return negative ? -*units : *units;
}

std::optional<std::int64_t> parse_source_decimal(std::string_view text, decimal_rule rule) {
  auto units = parse_wide_decimal(text, rule);
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max();
  if (!units || *units > limit || *units < -int128{limit}) return std::nullopt;
  return static_cast<std::int64_t>(*units);
}

std::string decimal_allowed(std::string_view text) {
  std::string out = "a decimal number with at most eight decimals";
  if (text.find(',') != std::string_view::npos)
    out += "; separators of thousands and decimal commas are not read";
  else if (text.starts_with(' ') || text.ends_with(' '))
    out += "; blanks around a number are not read";
  return out;
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
