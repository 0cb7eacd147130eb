// When instruments trade: lunch, nights, weekends, holidays, and changes of the clock.
#include "messages/session_calendar.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <utility>

using namespace tickmesh;
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
  calendar.closed_on_weekends = false;
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
