// What is counted by trading day begins anew with the day, over any number of days.
#include "tests/support/risk_desk.hpp"

#include <memory>
#include <string>

namespace tickmesh::order_days_test {

using namespace risk_desk;

namespace {

using enum verdict;
using std::chrono::days;
using std::chrono::hours;

/// One-hour sessions at 01:00 UTC, and a calendar that has the weekends.
trading_universe universe_with_calendar() {
  auto u = universe();
  auto& traded = *u.instruments[0];
  traded.time_zone = "UTC";
  traded.sessions = {{std::chrono::minutes{60}, std::chrono::minutes{120}}};
  trading_calendar calendar;
  calendar.name = "TEST";
  traded.calendar = std::make_shared<const trading_calendar>(calendar);
  return u;
}

timestamp morning(std::int32_t day) {
  return day_of(day) + hours{1};
}

} // namespace

TEST_CASE("orders_max is a limit of the trading day's orders, however many there were before") {
  auto settings = open_settings();
  settings.limits.orders_max = 3;
  desk d{settings};
  for (int day = 0; day < 10; ++day) {
    CAPTURE(day);
    auto t = morning(first_day) + days{day};
    d.mark(t, 1, at(100), no_price, no_price, first_day + day);
    for (int order = 0; order < 3; ++order)
      d.open_order(t, {.symbol = 1});
    CHECK(d.ask(t, {.symbol = 1}) == order_count_exceeded);
    // A record of the day before takes nothing back.
    d.mark(t, 2, at(100), no_price, no_price, first_day + day - 1);
    CHECK(d.ask(t, {.symbol = 2}) == order_count_exceeded);
  }
}

TEST_CASE("a day that begins with a signal or a fill has its own counts, too") {
  for (bool begins_with_fill : {false, true}) {
    CAPTURE(begins_with_fill);
    auto settings = open_settings();
    settings.limits.orders_max = 2;
    settings.limits.orders_per_day_max = 2;
    settings.limits.daily_loss_max = cash(50);
    desk d{settings, universe_with_calendar()};
    constexpr std::int32_t friday = 20240105, monday = 20240108;
    d.mark(morning(friday), 0, at(100), no_price, no_price, friday);
    auto first = d.open_order(morning(friday), {});
    d.fill_all(morning(friday), first);
    d.open_order(morning(friday), {.at = 90});
    d.mark(morning(friday), 0, at(94), no_price, no_price, friday); // a loss of 6 x 10
    CHECK(d.ask(morning(friday), {}) == daily_loss_limit);
    auto second = d.sent.back();
    auto t = morning(monday);
    if (begins_with_fill) d.fill_all(t, second);
    d.open_order(t, {});
    d.open_order(t, {});
    CHECK(d.state.book().trading_day() == monday);
    CHECK(d.ask(t, {}) == order_count_exceeded);
    CHECK(d.state.book().day_pnl() == (begins_with_fill ? cash(40) : cash(0))); // bought at 90
  }
}

TEST_CASE("a signal between the sessions belongs to the day that its ticks have") {
  desk d{open_settings(), universe_with_calendar()};
  constexpr std::int32_t friday = 20240105;
  d.mark(morning(friday), 0, at(100), no_price, no_price, friday);
  d.ask(morning(friday) + hours{2}, {});
  CHECK(d.state.book().trading_day() == friday);
  // Of a symbol whose ticks bear their own dates, a signal says nothing of days.
  d.ask(morning(friday) + days{5}, {.symbol = 1});
  CHECK(d.state.book().trading_day() == friday);
}

} // namespace tickmesh::order_days_test
