// From an exchange's local stamps to UTC, with the dates that exchanges put on night sessions.
#pragma once

#include "messages/result.hpp"
#include "messages/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace date {
class time_zone;
}

namespace tickmesh {

/// Local times of one time zone as UTC. A local time that a clock change repeats means the earlier
/// one; a local time that it skips means the moment of the change.
class exchange_clock {
public:
  /// The fault names the time zone when the system does not know it.
  static result<exchange_clock> find(const std::string& time_zone);

  timestamp to_utc(std::chrono::sys_days local_day, nanoseconds local_time);

private:
  explicit exchange_clock(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_;
  // The offset found last and the local seconds, well inside its reign, where it needs no look-up.
  std::int64_t offset_s_ = 0;
  std::int64_t valid_from_s_ = 0;
  std::int64_t valid_until_s_ = 0;
};

/// The day that `yyyymmdd` names; it must be a valid date.
std::chrono::sys_days day_of(std::int32_t yyyymmdd);

/// The UTC date of `t` as yyyymmdd.
std::int32_t utc_date(timestamp t);

/// Calendar day of a DCE stamp. At night DCE puts the trading day into ActionDay, while a night
/// session runs on the evening of the weekday before its trading day (there is none before a
/// holiday) and past midnight. Other stamps keep their ActionDay.
std::chrono::sys_days dce_calendar_day(std::int32_t action_day, std::int32_t trading_day,
                                       nanoseconds local_time);

} // namespace tickmesh
