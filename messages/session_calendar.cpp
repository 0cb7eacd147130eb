#include "messages/session_calendar.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;

/// Longer than any exchange is closed.
constexpr days search_max{400};

/// A local day begins at most this much away from the UTC day of its name, and its last session
/// ends with it at the latest.
constexpr days days_before{2};

/// Longer than any list of weekdays is without one.
constexpr days week{7};

} // namespace

result<session_calendar> session_calendar::make(const instrument& traded) {
  auto clock = exchange_clock::find(traded.time_zone);
  if (!clock) return tl::unexpected(clock.error());
  return session_calendar{*clock, traded};
}

bool session_calendar::is_closed_weekday(sys_days day) const {
  return calendar_ && !contains(calendar_->weekdays, std::chrono::weekday{day}) &&
         !calendar_->open_days.contains(day) && !calendar_->special_days.contains(day);
}

bool session_calendar::is_trading_day(sys_days day) const {
  if (!calendar_ || calendar_->special_days.contains(day)) return true;
  return !is_closed_weekday(day) && !calendar_->holidays.contains(day);
}

/// On which the night sessions of a trading day begin.
std::optional<sys_days> session_calendar::evening_before(sys_days day) const {
  auto evening = day - days{1};
  if (calendar_ && calendar_->nights == night_rule::day_before) return evening;
  while (is_closed_weekday(evening) && day - evening <= week)
    evening -= days{1};
  return is_trading_day(evening) ? std::optional{evening} : std::nullopt;
}

/// The sessions of a trading day, in time order.
void session_calendar::find_periods(sys_days day) {
  periods_.clear();
  if (!is_trading_day(day)) return;
  const auto* sessions = &sessions_;
  if (calendar_)
    if (auto special = calendar_->special_days.find(day); special != calendar_->special_days.end())
      sessions = &special->second;
  auto evening = evening_before(day);
  for (auto& session : *sessions) {
    if (!contains(session.weekdays, std::chrono::weekday{day})) continue;
    bool night = session.from < minutes::zero();
    if (night && !evening) continue;
    auto begins = night ? *evening : day;
    auto midnight = night ? minutes{days{1}} : minutes::zero();
    periods_.push_back({clock_.to_utc(begins, midnight + session.from),
                        clock_.to_utc(begins, midnight + session.until)});
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

/// From a trading day's first session to its last.
std::optional<session_calendar::period> session_calendar::span_of(sys_days day) {
  find_periods(day);
  if (periods_.empty()) return std::nullopt;
  return period{periods_.front().from, periods_.back().until};
}

/// Between the last session of a trading day and the first one of the next.
timestamp session_calendar::day_change_between(timestamp close, timestamp open) {
  auto middle = close + (open - close) / 2;
  if (!calendar_ || !calendar_->day_change) return middle;
  auto day = std::chrono::floor<days>(close) - days{1};
  auto change = clock_.to_utc(day, *calendar_->day_change);
  while (change < close)
    change = clock_.to_utc(day += days{1}, *calendar_->day_change);
  return change <= open ? change : middle;
}

session_calendar::day_answer session_calendar::find_day(timestamp t) {
  if (sessions_.empty()) return {std::nullopt, timestamp::min(), end_of_time};
  auto today = std::chrono::floor<days>(t);
  auto day = today - days_before; // has begun in every time zone
  auto current = span_of(day);
  while (!current && day > today - search_max) {
    day -= days{1};
    current = span_of(day);
  }
  day_answer out{std::nullopt, timestamp::min(), end_of_time};
  if (current) out = {utc_date(day), current->from, end_of_time};
  for (day += days{1}; day <= today + search_max; day += days{1}) {
    auto next = span_of(day);
    if (!next) continue;
    auto boundary = current ? day_change_between(current->until, next->from) : timestamp::min();
    if (t < boundary) {
      out.until = boundary;
      return out;
    }
    current = next;
    out = {utc_date(day), boundary, end_of_time};
  }
  return out;
}

timestamp session_calendar::dates_until() const {
  std::optional<sys_days> last;
  auto note = [&last](sys_days day) { last = last ? std::max(*last, day) : day; };
  if (calendar_) {
    for (auto* listed : {&calendar_->holidays, &calendar_->open_days})
      if (!listed->empty()) note(*listed->rbegin());
    if (!calendar_->special_days.empty()) note(calendar_->special_days.rbegin()->first);
  }
  if (!last) return end_of_time;
  auto year = std::chrono::year_month_day{*last}.year();
  return sys_days{(year + std::chrono::years{1}) / std::chrono::January / 1};
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

nanoseconds session_calendar::open_time(timestamp from, timestamp until) {
  if (sessions_.empty()) return std::max(until - from, nanoseconds::zero());
  auto out = nanoseconds::zero();
  visit_periods(from, [&](const period& open) {
    if (open.from >= until) return false;
    out += std::min(open.until, until) - std::max(open.from, from);
    return true;
  });
  return out;
}

} // namespace tickmesh
