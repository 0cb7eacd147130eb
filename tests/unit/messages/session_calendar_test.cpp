// When instruments trade: lunch, nights, weekends, holidays, and changes of the clock.
#include "messages/session_calendar.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace tickmesh::session_calendar_test {
using namespace std::chrono_literals;

namespace {

timestamp at(std::string_view text) {
  auto t = parse_timestamp(text);
  REQUIRE(t.has_value());
  return *t;
}

session_calendar make(const instrument& traded) {
  auto made = session_calendar::make(traded);
  REQUIRE(made.has_value());
  return std::move(*made);
}

/// Rubber in Shanghai (UTC+8): a night session, a break, a lunch; closed on 1 to 5 October 2018.
instrument rubber() {
  auto out = make_instrument("ru####", "SHFE", "Asia/Shanghai");
  out.sessions = {{-3h, -1h}, {9h, 10h + 15min}, {10h + 30min, 11h + 30min}, {13h + 30min, 15h}};
  trading_calendar calendar;
  calendar.name = "CN";
  for (int day = 1; day <= 5; ++day)
    calendar.holidays.insert(day_of(20181000 + day));
  out.calendar = std::make_shared<const trading_calendar>(calendar);
  return out;
}

/// Silver: its night runs to 02:30.
instrument silver() {
  auto out = rubber();
  out.sessions.front() = {-3h, 2h + 30min};
  return out;
}

/// A stock in New York, without a calendar.
instrument stock() {
  auto out = make_instrument("TSLA", "NASDAQ", "America/New_York");
  out.sessions = {{9h + 30min, 16h}};
  return out;
}

} // namespace

TEST_CASE("a session holds its first moment and not its end") {
  auto calendar = make(rubber());
  CHECK_FALSE(calendar.is_open(at("2018-10-09T00:59:59.999999999Z")));
  CHECK(calendar.is_open(at("2018-10-09T01:00:00Z")));
  CHECK(calendar.is_open(at("2018-10-09T02:14:59.999999999Z")));
  CHECK_FALSE(calendar.is_open(at("2018-10-09T02:15:00Z")));
}

TEST_CASE("an exchange is closed at lunch and opens again after it") {
  auto calendar = make(rubber());
  auto noon = at("2018-10-09T04:00:00Z");
  CHECK_FALSE(calendar.is_open(noon));
  CHECK(calendar.next_open(noon) == at("2018-10-09T05:30:00Z"));
  CHECK(calendar.next_open(at("2018-10-09T05:45:00Z")) == at("2018-10-09T05:45:00Z"));
}

TEST_CASE("a night session runs past midnight, and on Friday into Saturday") {
  auto calendar = make(silver());
  CHECK(calendar.is_open(at("2018-10-09T13:00:00Z")));
  CHECK(calendar.is_open(at("2018-10-09T18:29:59Z")));
  CHECK_FALSE(calendar.is_open(at("2018-10-09T18:30:00Z")));
  auto friday_night = at("2018-10-12T13:00:00Z");
  CHECK(calendar.is_open(friday_night));
  CHECK(calendar.is_open(at("2018-10-12T17:00:00Z"))); // Saturday 01:00 in Shanghai
  // After it comes Monday's day session: there is no night session on Sunday.
  CHECK(calendar.next_open(at("2018-10-12T18:30:00Z")) == at("2018-10-15T01:00:00Z"));
  CHECK_FALSE(calendar.is_open(at("2018-10-14T14:00:00Z")));
}

TEST_CASE("holidays are closed, and so is the evening before them") {
  auto calendar = make(rubber());
  CHECK(calendar.is_open(at("2018-09-28T06:00:00Z")));
  // From Friday afternoon to the Monday after the holidays, whose night session is not held either.
  CHECK(calendar.next_open(at("2018-09-28T07:00:00Z")) == at("2018-10-08T01:00:00Z"));
  CHECK_FALSE(calendar.is_open(at("2018-09-28T13:30:00Z")));
  CHECK_FALSE(calendar.is_open(at("2018-10-03T02:00:00Z")));
  CHECK_FALSE(calendar.is_open(at("2018-10-05T13:30:00Z")));
}

TEST_CASE("a calendar that trades on weekends opens on Sunday") {
  auto traded = rubber();
  auto calendar = *traded.calendar;
  calendar.weekdays = every_weekday;
  traded.calendar = std::make_shared<const trading_calendar>(calendar);
  CHECK(make(traded).is_open(at("2018-10-14T02:00:00Z")));
  CHECK_FALSE(make(rubber()).is_open(at("2018-10-14T02:00:00Z")));
  traded.calendar = nullptr;
  CHECK(make(traded).is_open(at("2018-10-03T02:00:00Z")));
}

TEST_CASE("sessions follow the clock of their time zone into and out of summer time") {
  auto calendar = make(stock());
  // 2024: summer time from 10 March to 3 November.
  CHECK(calendar.next_open(at("2024-03-08T00:00:00Z")) == at("2024-03-08T14:30:00Z"));
  CHECK(calendar.next_open(at("2024-03-11T00:00:00Z")) == at("2024-03-11T13:30:00Z"));
  CHECK(calendar.next_open(at("2024-11-01T00:00:00Z")) == at("2024-11-01T13:30:00Z"));
  CHECK(calendar.next_open(at("2024-11-04T00:00:00Z")) == at("2024-11-04T14:30:00Z"));
  CHECK_FALSE(calendar.is_open(at("2024-11-04T21:00:00Z")));
  // A session over the hour that is repeated lasts an hour longer.
  auto all_night = stock();
  all_night.sessions = {{0h, 6h}};
  CHECK(make(all_night).after_open_time(at("2024-11-03T04:00:00Z"), 7h) ==
        at("2024-11-03T11:00:00Z"));
}

TEST_CASE("open time leaves out breaks, nights and weekends") {
  auto calendar = make(rubber());
  auto before_lunch = at("2018-10-09T03:29:30Z");
  CHECK(calendar.after_open_time(before_lunch, 30s) == at("2018-10-09T03:30:00Z"));
  CHECK(calendar.after_open_time(before_lunch, 60s) == at("2018-10-09T05:30:30Z"));
  auto noon = at("2018-10-09T04:00:00Z");
  CHECK(calendar.after_open_time(noon, 60s) == at("2018-10-09T05:31:00Z"));
  // Friday's night session counts, the weekend does not.
  auto friday = at("2018-10-12T14:59:00Z");
  CHECK(calendar.after_open_time(friday, 2min) == at("2018-10-15T01:01:00Z"));
}

TEST_CASE("a phase is open or closed, and says until when") {
  auto calendar = make(rubber());
  auto morning = calendar.phase_at(at("2018-10-09T01:30:00Z"));
  CHECK(morning.is_open);
  CHECK(morning.until == at("2018-10-09T02:15:00Z"));
  auto rest = calendar.phase_at(morning.until);
  CHECK_FALSE(rest.is_open);
  CHECK(rest.until == at("2018-10-09T02:30:00Z"));
  CHECK(calendar.phase_at(rest.until).is_open);
  auto always = make(make_instrument("BTCUSDT", "BINANCE")).phase_at(morning.until);
  CHECK(always.is_open);
  CHECK(always.until == end_of_time);
}

TEST_CASE("an instrument without sessions is always open") {
  auto calendar = make(make_instrument("BTCUSDT", "BINANCE"));
  auto sunday = at("2024-01-07T03:00:00Z");
  CHECK(calendar.is_open(sunday));
  CHECK(calendar.next_open(sunday) == sunday);
  CHECK(calendar.after_open_time(sunday, 60s) == sunday + 60s);
}

TEST_CASE("a calendar that never opens again ends the search") {
  auto traded = rubber();
  trading_calendar closed;
  for (auto day = day_of(20180101); day < day_of(20210101); day += std::chrono::days{1})
    closed.holidays.insert(day);
  traded.calendar = std::make_shared<const trading_calendar>(closed);
  CHECK(make(traded).next_open(at("2018-10-09T01:00:00Z")) == end_of_time);
  CHECK(make(traded).after_open_time(at("2018-10-09T01:00:00Z"), 1s) == end_of_time);
}

TEST_CASE("a time zone that nobody knows has no calendar") {
  auto made = session_calendar::make(make_instrument("X", "E", "Mars/Olympus"));
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.find("Mars/Olympus") != std::string::npos);
}

namespace {

/// An index future in Chicago: from Sunday 17:00 to Friday 16:00 with an hour's break each day.
instrument globex() {
  auto out = make_instrument("ES*", "CME", "America/Chicago");
  out.sessions = {{-7h, 16h}};
  trading_calendar calendar;
  calendar.name = "CME";
  calendar.nights = night_rule::day_before;
  calendar.holidays = {day_of(20241225)};
  calendar.special_days[day_of(20240704)] = {{-7h, 12h}};
  out.calendar = std::make_shared<const trading_calendar>(calendar);
  return out;
}

/// Stocks in India: a Saturday that was traded on, the Monday after it not.
instrument nifty() {
  auto out = make_instrument("NIFTY*", "NSE", "Asia/Kolkata");
  out.sessions = {{9h + 15min, 15h + 30min}};
  trading_calendar calendar;
  calendar.name = "IN";
  calendar.holidays = {day_of(20240122), day_of(20240126)};
  calendar.open_days = {day_of(20240120)};
  out.calendar = std::make_shared<const trading_calendar>(calendar);
  return out;
}

} // namespace

TEST_CASE("a Saturday may be open and the Monday after it closed") {
  auto calendar = make(nifty());
  CHECK(calendar.is_open(at("2024-01-19T04:30:00Z")));
  CHECK(calendar.is_open(at("2024-01-20T04:30:00Z")));
  CHECK_FALSE(calendar.is_open(at("2024-01-21T04:30:00Z")));
  CHECK_FALSE(calendar.is_open(at("2024-01-22T04:30:00Z")));
  CHECK(calendar.is_open(at("2024-01-23T04:30:00Z")));
  CHECK_FALSE(calendar.is_open(at("2024-01-27T04:30:00Z"))); // another Saturday
}

TEST_CASE("a week from Sunday evening to Friday afternoon breaks once a day") {
  auto calendar = make(globex());
  // In summer Chicago is five hours behind UTC.
  CHECK_FALSE(calendar.is_open(at("2024-06-09T21:59:59Z")));
  CHECK(calendar.is_open(at("2024-06-09T22:00:00Z"))); // Sunday 17:00
  CHECK(calendar.is_open(at("2024-06-10T20:59:59Z")));
  CHECK_FALSE(calendar.is_open(at("2024-06-10T21:30:00Z")));
  CHECK(calendar.is_open(at("2024-06-10T22:00:00Z")));
  CHECK(calendar.next_open(at("2024-06-14T21:00:00Z")) == at("2024-06-16T22:00:00Z"));
}

TEST_CASE("a short day and the evening behind a holiday are open as their trading days say") {
  auto calendar = make(globex());
  CHECK(calendar.is_open(at("2024-07-03T22:00:00Z")));
  CHECK_FALSE(calendar.is_open(at("2024-07-04T17:00:00Z"))); // closed from noon
  CHECK(calendar.next_open(at("2024-07-04T17:00:00Z")) == at("2024-07-04T22:00:00Z"));
  // In winter it is six hours: no trading day on the 25th, whose evening is the 26th's.
  CHECK(calendar.next_open(at("2024-12-24T22:00:00Z")) == at("2024-12-25T23:00:00Z"));
}

TEST_CASE("a special day may open a closed day with hours of its own") {
  auto traded = nifty();
  auto calendar = *traded.calendar;
  calendar.special_days[day_of(20241110)] = {{18h, 19h}}; // a Sunday evening
  traded.calendar = std::make_shared<const trading_calendar>(calendar);
  auto sunday = make(traded);
  CHECK(sunday.next_open(at("2024-11-09T00:00:00Z")) == at("2024-11-10T12:30:00Z"));
  CHECK_FALSE(sunday.is_open(at("2024-11-10T04:30:00Z")));
  CHECK(sunday.trading_day_of(at("2024-11-10T13:00:00Z")) == 20241110);
}

TEST_CASE("a special Saturday is the evening on which Monday's night begins") {
  auto traded = rubber();
  auto calendar = *traded.calendar;
  calendar.special_days[day_of(20181013)] = {{9h, 15h}};
  traded.calendar = std::make_shared<const trading_calendar>(calendar);
  auto extra = make(traded);
  CHECK_FALSE(extra.is_open(at("2018-10-12T13:00:00Z"))); // Friday 21:00
  CHECK(extra.is_open(at("2018-10-13T13:00:00Z")));
  CHECK(extra.trading_day_of(at("2018-10-13T13:00:00Z")) == 20181015);
}

TEST_CASE("open time between two moments leaves out what is closed") {
  auto calendar = make(rubber());
  // From Friday 22:59 over the weekend to Monday 09:01.
  CHECK(calendar.open_time(at("2018-10-12T14:59:00Z"), at("2018-10-15T01:01:00Z")) == 2min);
  CHECK(calendar.open_time(at("2018-10-09T04:00:00Z"), at("2018-10-09T05:00:00Z")) == 0ns);
  CHECK(calendar.open_time(at("2018-10-09T01:00:10Z"), at("2018-10-09T01:00:00Z")) == 0ns);
  auto always = make(make_instrument("BTCUSDT", "BINANCE"));
  CHECK(always.open_time(at("2018-10-09T04:00:00Z"), at("2018-10-09T05:00:00Z")) == 1h);
  CHECK(always.open_time(at("2018-10-09T05:00:00Z"), at("2018-10-09T04:00:00Z")) == 0ns);
}

TEST_CASE("sessions may differ by weekday") {
  auto traded = stock();
  traded.sessions = {{9h, 17h, 0b0011110}, {9h, 14h, 0b0100000}}; // Monday to Thursday, Friday
  auto calendar = make(traded);
  CHECK(calendar.is_open(at("2024-06-13T19:00:00Z"))); // Thursday 15:00
  CHECK_FALSE(calendar.is_open(at("2024-06-14T19:00:00Z")));
  CHECK(calendar.is_open(at("2024-06-14T17:59:59Z")));
  CHECK(calendar.next_open(at("2024-06-14T18:00:00Z")) == at("2024-06-17T13:00:00Z"));
}

TEST_CASE("a moment's trading day is its session's, at night the next one's") {
  auto calendar = make(silver());
  CHECK(calendar.trading_day_of(at("2018-10-12T06:00:00Z")) == 20181012);
  CHECK(calendar.trading_day_of(at("2018-10-11T13:00:00Z")) == 20181012);
  CHECK(calendar.trading_day_of(at("2018-10-12T13:00:00Z")) == 20181015); // Friday 21:00
  CHECK(calendar.trading_day_of(at("2018-10-12T18:29:00Z")) == 20181015); // Saturday 02:29
  CHECK(calendar.trading_day_of(at("2018-10-14T02:00:00Z")) == 20181015); // in its long break
  CHECK(calendar.trading_day_of(at("2018-09-28T06:59:00Z")) == 20180928);
  CHECK(calendar.trading_day_of(at("2018-10-08T01:00:00Z")) == 20181008);
  // Asked for in any order, it is the same.
  CHECK(calendar.trading_day_of(at("2018-10-11T13:00:00Z")) == 20181012);
  auto week = make(globex());
  CHECK(week.trading_day_of(at("2024-06-09T22:00:00Z")) == 20240610);
  CHECK(week.trading_day_of(at("2024-06-14T20:59:59Z")) == 20240614);
  CHECK(week.trading_day_of(at("2024-12-25T23:30:00Z")) == 20241226);
}

TEST_CASE("between two trading days the middle divides, exactly") {
  auto calendar = make(rubber());
  // From Tuesday 15:00 to the night of Wednesday, at 21:00: 18:00 in Shanghai.
  CHECK(calendar.trading_day_of(at("2018-10-09T09:59:59.999999999Z")) == 20181009);
  CHECK(calendar.trading_day_of(at("2018-10-09T10:00:00Z")) == 20181010);
  // From 28 September 15:00 to 8 October 09:00.
  auto middle =
      at("2018-09-28T07:00:00Z") + (at("2018-10-08T01:00:00Z") - at("2018-09-28T07:00:00Z")) / 2;
  CHECK(calendar.trading_day_of(middle - 1ns) == 20180928);
  CHECK(calendar.trading_day_of(middle) == 20181008);
  CHECK(calendar.trading_day_of(middle - 1ns) == 20180928);
}

TEST_CASE("a calendar may say at which time of day the next trading day begins") {
  auto traded = rubber();
  traded.sessions = {{9h, 15h}};
  auto rules = *traded.calendar;
  rules.day_change = 18h;
  traded.calendar = std::make_shared<const trading_calendar>(rules);
  auto calendar = make(traded);
  CHECK(calendar.trading_day_of(at("2018-10-12T09:59:59Z")) == 20181012);
  CHECK(calendar.trading_day_of(at("2018-10-12T10:00:00Z")) == 20181015);
  CHECK(calendar.trading_day_of(at("2018-10-14T10:00:00Z")) == 20181015);
  CHECK(calendar.trading_day_of(at("2018-09-28T10:00:00Z")) == 20181008);
  // A time that is not in the gap leaves the middle: between 16:00 and 17:00 there is no 18:00.
  auto week = globex();
  auto hours = *week.calendar;
  hours.day_change = 18h;
  week.calendar = std::make_shared<const trading_calendar>(hours);
  CHECK(make(week).trading_day_of(at("2024-06-10T21:29:59Z")) == 20240610);
  CHECK(make(week).trading_day_of(at("2024-06-10T21:30:00Z")) == 20240611);
}

TEST_CASE("without sessions there is no trading day to be derived") {
  auto calendar = make(make_instrument("BTCUSDT", "BINANCE"));
  CHECK(calendar.trading_day_of(at("2024-01-07T03:00:00Z")) == std::nullopt);
}

TEST_CASE("a calendar's dates end with the last year that it lists") {
  CHECK(make(rubber()).dates_until() == at("2019-01-01T00:00:00Z"));
  CHECK(make(globex()).dates_until() == at("2025-01-01T00:00:00Z"));
  CHECK(make(stock()).dates_until() == end_of_time);
  auto traded = nifty();
  auto calendar = *traded.calendar;
  calendar.holidays.clear();
  CHECK(make(traded).dates_until() == at("2025-01-01T00:00:00Z"));
  calendar.open_days.clear();
  traded.calendar = std::make_shared<const trading_calendar>(calendar);
  CHECK(make(traded).dates_until() == end_of_time);
}

} // namespace tickmesh::session_calendar_test
