#include "messages/exchange_clock.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>

namespace tickmesh {

namespace {

constexpr std::int64_t day_s = 86'400;

} // namespace

result<exchange_clock> exchange_clock::find(const std::string& time_zone) {
  try {
    return exchange_clock{date::locate_zone(time_zone)};
  } catch (const std::runtime_error&) { // the library's only way to say "unknown"
    return fail(
        fmt::format("time zone \"{}\" is not in the system's time zone database", time_zone));
  }
}

timestamp exchange_clock::to_utc(std::chrono::sys_days local_day, nanoseconds local_time) {
  auto whole = std::chrono::floor<std::chrono::seconds>(local_time);
  auto local_s = local_day.time_since_epoch().count() * day_s + whole.count();
  auto fraction = local_time - whole;
  if (local_s < valid_from_s_ || local_s >= valid_until_s_) {
    auto local = date::local_seconds{std::chrono::seconds{local_s}};
    auto found = zone_->get_info(local);
    if (found.result != date::local_info::unique)
      return timestamp{zone_->to_sys(local, date::choose::earliest)} +
             (found.result == date::local_info::ambiguous ? fraction : nanoseconds::zero());
    offset_s_ = found.first.offset.count();
    // A day of distance from both ends keeps clear of repeated and skipped local times.
    valid_from_s_ = found.first.begin.time_since_epoch().count() + offset_s_ + day_s;
    valid_until_s_ = found.first.end.time_since_epoch().count() + offset_s_ - day_s;
  }
  return timestamp{std::chrono::seconds{local_s - offset_s_}} + fraction;
}

std::chrono::sys_days day_of(std::int32_t yyyymmdd) {
  using namespace std::chrono;
  return year{yyyymmdd / 10000} / static_cast<int>(yyyymmdd / 100 % 100) /
         static_cast<int>(yyyymmdd % 100);
}

std::int32_t utc_date(timestamp t) {
  std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(t)};
  return static_cast<int>(day.year()) * 10000 +
         static_cast<std::int32_t>(static_cast<unsigned>(day.month())) * 100 +
         static_cast<std::int32_t>(static_cast<unsigned>(day.day()));
}

std::chrono::sys_days dce_calendar_day(std::int32_t action_day, std::int32_t trading_day,
                                       nanoseconds local_time) {
  using namespace std::chrono;
  auto day = day_of(action_day);
  bool evening = local_time >= hours{18};
  bool past_midnight = local_time < hours{6};
  if (action_day != trading_day || !(evening || past_midnight)) return day;
  do {
    day -= days{1};
  } while (weekday{day} == Saturday || weekday{day} == Sunday);
  return past_midnight ? day + days{1} : day;
}

} // namespace tickmesh
