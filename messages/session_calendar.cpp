#include "messages/session_calendar.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

/// Longer than any exchange is closed.
constexpr days search_max{400};

/// A local day begins at most this much away from the UTC day of its name, and a session that began
/// the day before may run into it.
constexpr days days_before{2};

} // namespace

result<session_calendar> session_calendar::make(const instrument& traded) {
  auto clock = exchange_clock::find(traded.time_zone);
  if (!clock) return tl::unexpected(clock.error());
  return session_calendar{*clock, traded};
}

bool session_calendar::is_closed_weekend(sys_days day) const {
  std::chrono::weekday name{day};
  return calendar_ && calendar_->closed_on_weekends &&
         (name == std::chrono::Saturday || name == std::chrono::Sunday);
}

bool session_calendar::is_trading_day(sys_days day) const {
  return !is_closed_weekend(day) && !(calendar_ && calendar_->holidays.contains(day));
}

/// The trading day whose night sessions begin on `evening`.
std::optional<sys_days> session_calendar::night_of(sys_days evening) const {
  if (!is_trading_day(evening)) return std::nullopt;
  auto day = evening + days{1};
  while (is_closed_weekend(day))
    day += days{1};
  return is_trading_day(day) ? std::optional{day} : std::nullopt;
}

/// The sessions that begin on a calendar day, in time order.
void session_calendar::find_periods(sys_days day) {
  periods_.clear();
  bool by_day = is_trading_day(day);
  bool at_night = night_of(day).has_value();
  for (auto& session : sessions_) {
    bool night = session.from < minutes::zero();
    if (!(night ? at_night : by_day)) continue;
    auto begin_of_day = night ? minutes{days{1}} : minutes::zero();
    periods_.push_back({clock_.to_utc(day, begin_of_day + session.from),
                        clock_.to_utc(day, begin_of_day + session.until)});
  }
  std::ranges::sort(periods_, {}, &period::from);
}

/// Calls `visit` for each session that ends after `from`, until it returns false.
template <class Visit>
void session_calendar::visit_periods(timestamp from, Visit visit) {
  auto today = std::chrono::floor<days>(from);
  for (auto day = today - days_before; day <= today + search_max; day += days{1}) {
    find_periods(day);
    for (auto& open : periods_)
      if (open.until > from && !visit(open)) return;
  }
}

bool session_calendar::is_open(timestamp t) {
  return next_open(t) == t;
}

session_calendar::phase session_calendar::phase_at(timestamp t) {
  if (sessions_.empty()) return {};
  phase out{.is_open = false};
  visit_periods(t, [&](const period& open) {
    out.is_open = open.from <= t;
    out.until = out.is_open ? open.until : open.from;
    return false;
  });
  return out;
}

timestamp session_calendar::next_open(timestamp t) {
  if (sessions_.empty()) return t;
  auto out = end_of_time;
  visit_periods(t, [&](const period& open) {
    out = std::max(open.from, t);
    return false;
  });
  return out;
}

timestamp session_calendar::after_open_time(timestamp t, nanoseconds amount) {
  if (sessions_.empty()) return t + amount;
  auto out = end_of_time;
  visit_periods(t, [&](const period& open) {
    auto from = std::max(open.from, t);
    if (open.until - from < amount) {
      amount -= open.until - from;
      return true;
    }
    out = from + amount;
    return false;
  });
  return out;
}

} // namespace tickmesh
