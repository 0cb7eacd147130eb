#include "actors/market/sources/file/source_stamps.hpp"

#include "messages/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

namespace tickmesh {

namespace {

struct unit_scale {
  stamp_unit unit;
  std::string_view name;
  std::int64_t ns;
};
// The largest numbers, which are the most frequent ones, first.
constexpr std::array<unit_scale, 4> scales{{{stamp_unit::ns, "ns", 1},
                                            {stamp_unit::us, "us", 1'000},
                                            {stamp_unit::ms, "ms", 1'000'000},
                                            {stamp_unit::s, "s", 1'000'000'000}}};

constexpr std::string_view range = "from 2000 to 2199";

/// The unit in which the number lies in the range of stamps.
const unit_scale* find_scale(std::int64_t number) {
  for (auto& scale : scales)
    if (number >= to_ns(stamp_begin) / scale.ns && number < to_ns(stamp_end) / scale.ns)
      return &scale;
  return nullptr;
}

/// The digits behind the point in ns; nothing where they are none, or finer than 1 ns.
std::optional<std::int64_t> read_fraction(std::string_view digits, std::int64_t unit_ns) {
  if (digits.empty()) return std::nullopt;
  std::int64_t out = 0;
  for (char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    if (unit_ns < 10 && c != '0') return std::nullopt;
    unit_ns /= 10;
    out += (c - '0') * unit_ns;
  }
  return out;
}

source_stamp refuse(std::string allowed) {
  source_stamp out;
  out.allowed = std::move(allowed);
  return out;
}

/// What a number that is no stamp would be in each unit that can hold it.
std::string describe_number(std::int64_t number) {
  std::string out;
  for (auto& scale : scales) {
    std::int64_t ns = 0;
    constexpr std::int64_t limit = 9'214'646'400'000'000'000; // 2262
    if (__builtin_mul_overflow(number, scale.ns, &ns) || ns < 0 || ns >= limit) continue;
    out += fmt::format("{}{} as {}", out.empty() ? "" : ", ",
                       format_timestamp(from_ns(ns)).substr(0, 10), scale.name);
  }
  return out.empty() ? out : fmt::format(" (it is {})", out);
}

constexpr std::string_view no_number = "a number of s, ms, us or ns since 1970";

} // namespace

source_stamp parse_number_stamp(std::string_view text) {
  std::int64_t number = 0;
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || ptr == text.data() || !is_digit(text.front()))
    return refuse(fmt::format("{}, {}", no_number, range));
  auto* scale = find_scale(number);
  if (ptr != end && *ptr != '.') return refuse(fmt::format("{}, {}", no_number, range));
  if (scale == nullptr)
    return refuse(fmt::format("{}, {}{}", no_number, range, describe_number(number)));
  std::int64_t fraction = 0;
  if (ptr != end) {
    auto read = read_fraction({ptr + 1, static_cast<std::size_t>(end - ptr - 1)}, scale->ns);
    if (!read) return refuse(fmt::format("{}, {}, as fine as 1 ns", no_number, range));
    fraction = *read;
  }
  source_stamp out;
  out.time = from_ns(number * scale->ns + fraction);
  out.unit = scale->unit;
  out.is_number = out.is_good = true;
  return out;
}

source_stamp parse_source_stamp(std::string_view text) {
  constexpr std::string_view shape = "a time YYYY-MM-DDTHH:MM:SS[.fraction]Z or";
  if (text.size() > 4 && text[4] == '-') {
    auto time = parse_timestamp(text);
    if (time && is_stamp(*time)) {
      source_stamp out;
      out.time = *time;
      out.is_good = true;
      return out;
    }
    auto tail = text.size() > 19 ? text.substr(19) : std::string_view{};
    bool has_offset = tail.find_first_of("+-") != std::string_view::npos;
    if (has_offset && !text.ends_with('Z'))
      return refuse(fmt::format("{} {}, {}: times with an offset must be converted to UTC", shape,
                                no_number, range));
    if (!text.ends_with('Z'))
      return refuse(
          fmt::format("{} {}, {}: without Z, a time zone is missing", shape, no_number, range));
  } else if (auto number = parse_number_stamp(text); number.is_good) {
    return number;
  } else {
    return refuse(fmt::format("{} {}", shape, number.allowed));
  }
  return refuse(fmt::format("{} {}, {}", shape, no_number, range));
}

std::string name_units(unsigned units) {
  std::string out;
  for (auto scale = scales.rbegin(); scale != scales.rend(); ++scale)
    if ((units & static_cast<unsigned>(scale->unit)) != 0)
      out += fmt::format("{}{}", out.empty() ? "" : " and ", scale->name);
  return out;
}

} // namespace tickmesh
