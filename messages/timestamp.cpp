#include "messages/timestamp.hpp"

#include "messages/numbers.hpp"

#include <charconv>
#include <limits>

namespace tickmesh {

namespace {

/// Writes `width` digits and `then`; returns what follows them.
char* put_padded(char* to, std::int64_t value, int width, char then) {
  for (int i = width - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  to[width] = then;
  return to + width + 1;
}

bool read_padded(std::string_view& text, std::size_t width, int& out) {
  if (text.size() < width || text.front() == '-') return false;
  auto end = text.data() + width;
  auto [ptr, error] = std::from_chars(text.data(), end, out);
  if (error != std::errc{} || ptr != end) return false;
  text.remove_prefix(width);
  return true;
}

bool read_character(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

} // namespace

void append_timestamp(std::string& out, timestamp t) {
  using namespace std::chrono;
  auto day = floor<days>(t);
  year_month_day date{day};
  // The first day of all begins before what nanoseconds can count.
  constexpr std::int64_t day_ns = nanoseconds{days{1}}.count();
  auto rest = to_ns(t) % day_ns;
  if (rest < 0) rest += day_ns;
  auto second = rest / 1'000'000'000;
  char text[30];
  auto* end = put_padded(text, static_cast<int>(date.year()), 4, '-');
  end = put_padded(end, static_cast<unsigned>(date.month()), 2, '-');
  end = put_padded(end, static_cast<unsigned>(date.day()), 2, 'T');
  end = put_padded(end, second / 3600, 2, ':');
  end = put_padded(end, second / 60 % 60, 2, ':');
  end = put_padded(end, second % 60, 2, '.');
  end = put_padded(end, rest % 1'000'000'000, 9, 'Z');
  out.append(text, end);
}

std::string format_timestamp(timestamp t) {
  std::string out;
  append_timestamp(out, t);
  return out;
}

std::optional<timestamp> parse_timestamp(std::string_view text) {
  std::int64_t plain = 0;
  auto end = text.data() + text.size();
  if (auto [ptr, error] = std::from_chars(text.data(), end, plain);
      error == std::errc{} && ptr == end)
    return from_ns(plain);
  int y = 0, mon = 0, d = 0, h = 0, min = 0, s = 0;
  if (!read_padded(text, 4, y) || !read_character(text, "-") || !read_padded(text, 2, mon) ||
      !read_character(text, "-") || !read_padded(text, 2, d) || !read_character(text, "T ") ||
      !read_padded(text, 2, h) || !read_character(text, ":") || !read_padded(text, 2, min) ||
      !read_character(text, ":") || !read_padded(text, 2, s))
    return std::nullopt;
  std::int64_t fraction = 0;
  if (read_character(text, ".")) {
    std::int64_t unit = 100'000'000;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
      if (unit == 0) return std::nullopt;
      fraction += (text.front() - '0') * unit;
      unit /= 10;
    }
  }
  if (!read_character(text, "Z") || !text.empty()) return std::nullopt;
  using namespace std::chrono;
  year_month_day date{year{y}, month{static_cast<unsigned>(mon)}, day{static_cast<unsigned>(d)}};
  if (!date.ok() || y < 1970 || y > 2261 || h > 23 || min > 59 || s > 60) return std::nullopt;
  if (s == 60) { // a leap second, which UTC in ns does not have
    s = 59;
    fraction = 999'999'999;
  }
  return timestamp{sys_days{date}} + hours{h} + minutes{min} + seconds{s} + nanoseconds{fraction};
}

} // namespace tickmesh
