// Points in time as results and messages write them: UTC nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

using nanoseconds = std::chrono::nanoseconds;

/// UTC nanoseconds since 1970-01-01 without leap seconds.
using timestamp = std::chrono::sys_time<nanoseconds>;

/// The time mark behind the last item of a stream: nothing follows it.
inline constexpr timestamp end_of_time{nanoseconds{INT64_MAX}};

constexpr std::int64_t to_ns(timestamp t) {
  return t.time_since_epoch().count();
}
constexpr timestamp from_ns(std::int64_t ns) {
  return timestamp{nanoseconds{ns}};
}

/// `2018-10-08T01:00:00.500000000Z`; of fixed width, so text order is time order (1970 to 2261).
void append_timestamp(std::string& out, timestamp t);
std::string format_timestamp(timestamp t);

/// Reads `YYYY-MM-DDTHH:MM:SS[.fraction]Z` (`T` may be a blank), or an integer of nanoseconds.
std::optional<timestamp> parse_timestamp(std::string_view text);

/// The last multiple of `step` (in UTC) at or before `t`.
constexpr timestamp last_multiple(timestamp t, nanoseconds step) {
  auto remainder = to_ns(t) % step.count();
  return from_ns(to_ns(t) - (remainder < 0 ? remainder + step.count() : remainder));
}

/// The first multiple of `step` (in UTC) after `t`; `t` lies more than one step before end_of_time.
constexpr timestamp next_multiple(timestamp t, nanoseconds step) {
  return last_multiple(t, step) + step;
}

} // namespace tickmesh
