// When an instrument trades: its sessions and the days without trade, as moments in UTC. Used by
// silence_monitor and risk_facts_book.
#pragma once

#include "messages/exchange_clock.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/timestamp.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace tickmesh {

/// A trading day is a day that the instrument's calendar opens, by its weekday or by its date. Its
/// day sessions run on it; its night sessions begin as the calendar's night_rule says. An
/// instrument without sessions is always open. Clock changes of the time zone are followed. Not for
/// several threads at once.
class session_calendar {
public:
  /// Fails on a time zone that the system does not know.
  static result<session_calendar> make(const instrument& traded);

  bool is_open(timestamp t);

  /// Whether `t` is open, and until when (exclusive) the answer holds at least.
  struct phase {
    bool is_open = true;
    timestamp until = end_of_time;
  };
  phase phase_at(timestamp t);

  /// The first moment at or after `t` that is open; end_of_time when there is none within 400 days.
  timestamp next_open(timestamp t);

  /// The moment at which `amount` of open time has passed since `t`; end_of_time when that takes
  /// more than 400 days. `amount` is above 0.
  timestamp after_open_time(timestamp t, nanoseconds amount);

  /// How much of the time between two moments is open; 0 where `until` is not after `from`.
  nanoseconds open_time(timestamp from, timestamp until);

  /// The trading day (yyyymmdd) that `t` belongs to: that of the session that is open; between two
  /// trading days the earlier one up to the calendar's day_change, or to the middle of the gap.
  /// Nothing without sessions, and where there is none within 400 days. Cheap while it is asked for
  /// times of one day in turn.
  std::optional<std::int32_t> trading_day_of(timestamp t) {
    if (t < day_.since || t >= day_.until) day_ = find_day(t);
    return day_.date;
  }

  /// From here on, the year after its last one, the calendar lists no dates, and takes weekdays as
  /// they come; end_of_time for one that lists none at all.
  timestamp dates_until() const;

private:
  struct period {
    timestamp from;
    timestamp until; ///< exclusive
  };

  session_calendar(exchange_clock clock, const instrument& traded)
      : clock_(clock), sessions_(traded.sessions), calendar_(traded.calendar) {}

  /// A moment's trading day, which those from `since` to `until` (exclusive) have, too.
  struct day_answer {
    std::optional<std::int32_t> date{};
    timestamp since = end_of_time;
    timestamp until = timestamp::min();
  };

  bool is_closed_weekday(std::chrono::sys_days day) const;
  bool is_trading_day(std::chrono::sys_days day) const;
  std::optional<std::chrono::sys_days> evening_before(std::chrono::sys_days day) const;
  void find_periods(std::chrono::sys_days day);
  std::optional<period> span_of(std::chrono::sys_days day);
  timestamp day_change_between(timestamp close, timestamp open);
  day_answer find_day(timestamp t);
  template <class Visit>
  void visit_periods(timestamp from, Visit visit);

  exchange_clock clock_;
  std::vector<trading_session> sessions_;
  std::shared_ptr<const trading_calendar> calendar_;
  std::vector<period> periods_; ///< of the day at hand; its memory is used again
  day_answer day_;
};

} // namespace tickmesh
