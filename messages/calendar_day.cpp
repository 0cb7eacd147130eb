#include "messages/calendar_day.hpp"

#include "messages/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace tickmesh {

namespace {

bool is_day(std::int32_t yyyymmdd) {
  if (yyyymmdd < 1'000'01'01) return false;
  return std::chrono::year_month_day{
      std::chrono::year{yyyymmdd / 10'000},
      std::chrono::month{static_cast<unsigned>(yyyymmdd / 100 % 100)},
      std::chrono::day{static_cast<unsigned>(yyyymmdd % 100)}}
      .ok();
}

} // namespace

std::optional<std::int32_t> parse_day(std::string_view text) {
  std::string digits{text};
  if (text.size() == 10 && text[4] == '-' && text[7] == '-') std::erase(digits, '-');
  if (digits.size() != 8 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
  std::int32_t day = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), day);
  if (!is_day(day)) return std::nullopt;
  return day;
}

std::string format_day(std::int32_t yyyymmdd) {
  if (!is_day(yyyymmdd)) return fmt::format("{}", yyyymmdd);
  return fmt::format("{:04}-{:02}-{:02}", yyyymmdd / 10'000, yyyymmdd / 100 % 100, yyyymmdd % 100);
}

} // namespace tickmesh
