// Risk through trading_state: each verdict, limits and states that change while it runs.
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace tickmesh::risk_facts_book_test {

using namespace risk_desk;

namespace {

using v = verdict;

desk desk_with(void (*change)(risk_limits&)) {
  auto settings = open_settings();
  change(settings.limits);
  return desk{settings};
}

} // namespace

TEST_CASE("size, collar and lists refuse through the trading state") {
  auto d = desk_with([](risk_limits& l) {
    l.order_size_max = lots(5);
    l.collar_ratio = unit / 100;
    l.symbols_restricted = {"BTC*"};
  });
  CHECK(d.ask(ms(1), {}) == v::stale_market_data); // the collar has no reference yet
  d.mark(ms(2), 0, at(100));
  CHECK(d.ask(ms(3), {.at = 101}) == v::approved);
  CHECK(d.ask(ms(3), {.at = 102}) == v::price_collar_exceeded);
  CHECK(d.ask(ms(3), {.volume = 6}) == v::order_size_exceeded);
  d.mark(ms(4), 2, at(100));
  CHECK(d.ask(ms(4), {.symbol = 2}) == v::symbol_restricted);
}

TEST_CASE("order rates refuse new orders and never a cancel") {
  auto d = desk_with([](risk_limits& l) { l.orders_per_second_max = 2; });
  d.mark(ms(0), 0, at(100));
  CHECK(d.ask(ms(1), {}) == v::approved);
  CHECK(d.ask(ms(1), {}) == v::approved);
  CHECK(d.ask(ms(1'000), {}) == v::order_rate_exceeded);
  CHECK(d.ask(ms(1'001), {}) == v::approved); // one second later to the ns
  for (auto& timer : std::vector{d.timers})
    if (timer.purpose == timer_purpose::order_lifetime) d.apply(ms(6'100), timer);
  CHECK(d.cancels.size() == 3); // all in one second
}

TEST_CASE("counts of the day and of cancels refuse orders through the trading state") {
  auto d = desk_with([](risk_limits& l) {
    l.orders_per_day_max = 3;
    l.cancels_per_second_max = 1;
  });
  d.mark(ms(0), 0, at(100));
  CHECK(d.ask(ms(1), {}) == v::approved);
  auto lifetime = std::ranges::find(d.timers, timer_purpose::order_lifetime, &timer_due::purpose);
  REQUIRE(lifetime != d.timers.end());
  d.apply(ms(5'001), timer_due{*lifetime});
  REQUIRE(d.cancels.size() == 1);
  CHECK(d.ask(ms(5'002), {}) == v::cancel_rate_exceeded);
  CHECK(d.ask(ms(6'001), {}) == v::approved);
  CHECK(d.ask(ms(6'002), {}) == v::approved);
  CHECK(d.ask(ms(6'003), {}) == v::order_day_exceeded);
  std::vector<limit_scope> limits(1);
  limits[0].limits.cancels_per_day_max = 1;
  CHECK(d.command(ms(9'000), limits_change{limits}).is_done);
  CHECK(d.ask(ms(9'000), {}) == v::cancel_day_exceeded);
  d.mark(ms(9'001), 0, at(100), no_price, no_price, first_day + 1);
  CHECK(d.ask(ms(9'002), {}) == v::approved);
  auto counts = d.state.totals().programme;
  CHECK(counts == programme_counts{2, 0, 3, 1});
}

TEST_CASE("duplicates and self-trades are refused while the other order is open") {
  auto d = desk_with([](risk_limits& l) {
    l.duplicate_window = std::chrono::milliseconds{100};
    l.refuse_self_trade = true;
  });
  CHECK(d.ask(ms(1), {}) == v::approved);
  CHECK(d.ask(ms(2), {}) == v::duplicate_order);
  CHECK(d.ask(ms(2), {.strategy = 1}) == v::approved);
  CHECK(d.ask(ms(2), {.volume = 2}) == v::approved);
  CHECK(d.ask(ms(101), {}) == v::approved);
  CHECK(d.ask(ms(101), {.direction = -1, .at = 101}) == v::approved);
  CHECK(d.ask(ms(101), {.direction = -1, .at = 100}) == v::self_trade);
  CHECK(d.ask(ms(101), {.at = 101, .strategy = 1}) == v::self_trade);
  CHECK(d.ask(ms(101), {.direction = -1, .at = 100, .symbol = 1}) == v::approved);
  for (auto& o : std::vector{d.sent})
    d.fill_all(ms(200), o);
  CHECK(d.ask(ms(201), {.direction = -1, .at = 100, .volume = 3}) == v::approved);
}

TEST_CASE("exposures count open orders in full and let them be reduced") {
  auto d = desk_with([](risk_limits& l) {
    l.gross_exposure_max = cash(5'000);
    l.net_exposure_max = cash(3'000);
  });
  d.mark(ms(0), 0, at(100)); // 1000 a lot
  d.mark(ms(0), 1, at(400)); // 100 a lot
  CHECK(d.ask(ms(1), {.volume = 3}) == v::approved);
  CHECK(d.ask(ms(1), {.volume = 1}) == v::net_exposure_exceeded);
  CHECK(d.ask(ms(1), {.direction = -1, .at = 400, .volume = 20, .symbol = 1}) == v::approved);
  CHECK(d.ask(ms(1), {.direction = -1, .at = 400, .volume = 1, .symbol = 1}) ==
        v::gross_exposure_exceeded);
  d.fill_all(ms(2), d.sent[0]);
  d.mark(ms(3), 0, at(300)); // the position alone is now above both
  CHECK(d.ask(ms(4), {.volume = 1}) == v::gross_exposure_exceeded);
  CHECK(d.ask(ms(4), {.direction = -1, .volume = 3}) == v::approved);
}

TEST_CASE("sessions, the age of marks and of signals refuse through the trading state") {
  auto d = desk_with([](risk_limits& l) {
    l.in_session_only = true;
    l.mark_age_max = std::chrono::seconds{1};
    l.signal_age_max = std::chrono::seconds{2};
  });
  CHECK(d.ask(ms(1), {.symbol = 1}) == v::stale_market_data);
  d.mark(ms(10), 0, at(100));
  CHECK(d.ask(ms(1'010), {}) == v::approved);
  CHECK(d.ask(ms(1'011), {}) == v::stale_market_data);
  CHECK(d.ask(ms(3'000), {.age_ms = 2'001}) == v::expired);
  d.mark(ms(599'000), 0, at(100));
  CHECK(d.ask(ms(599'999), {.age_ms = 2'000}) == v::approved);
  CHECK(d.ask(ms(600'000), {}) == v::outside_session);
  d.mark(ms(86'400'000), 0, at(100));
  CHECK(d.ask(ms(86'400'000), {}) == v::approved); // the next day's session
}

TEST_CASE("an operator's state holds from the next signal on") {
  desk d{open_settings()};
  CHECK(d.ask(ms(1), {.volume = 5}) == v::approved);
  d.fill_all(ms(2), d.sent[0]);
  CHECK(d.command(ms(3), trading_switch{trading_mode::reducing}).is_done);
  CHECK(d.state.notice() == trading_status{trading_mode::reducing, "me", "drill"});
  CHECK(d.ask(ms(3), {.volume = 1}) == v::trading_reducing);
  CHECK(d.ask(ms(3), {.direction = -1, .volume = 3}) == v::approved);
  CHECK(d.ask(ms(3), {.direction = -1, .volume = 3}) == v::trading_reducing); // 3 of 5 are offered
  CHECK(d.command(ms(4), trading_switch{trading_mode::halted}).is_done);
  CHECK(d.ask(ms(4), {.direction = -1, .volume = 1}) == v::trading_halted);
  CHECK_FALSE(d.command(ms(5), trading_switch{trading_mode::active}, "").is_done);
  CHECK(d.ask(ms(5), {.direction = -1, .volume = 1}) == v::trading_halted);
  CHECK(d.command(ms(5), trading_switch{trading_mode::active}).is_done);
  CHECK(d.ask(ms(5), {.volume = 1}) == v::approved);
}

TEST_CASE("limits that change while orders are open judge what was measured before") {
  desk d{open_settings()};
  CHECK(d.ask(ms(1), {.volume = 5, .strategy = 0}) == v::approved);
  CHECK(d.ask(ms(1), {.volume = 2, .strategy = 1}) == v::approved);
  std::vector<limit_scope> limits(2);
  limits[1] = {scope_kind::strategy, "b", {}};
  limits[1].limits.position_max = lots(3);
  limits[1].limits.gross_exposure_max = cash(2'500);
  CHECK(d.command(ms(2), limits_change{limits}).is_done);
  d.mark(ms(2), 0, at(100));
  CHECK(d.ask(ms(3), {.volume = 1, .strategy = 1}) == v::gross_exposure_exceeded);
  CHECK(d.ask(ms(3), {.volume = 2, .strategy = 1}) == v::position_limit_exceeded);
  CHECK(d.ask(ms(3), {.volume = 2, .strategy = 0}) == v::approved);
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  d.state.take_finished(orders, fills);
  REQUIRE(orders.size() == 2);
  CHECK(orders[0].scope == "strategy b");
  CHECK(orders[0].usage == cash(3'000).value);
}

TEST_CASE("facts may be judged by other limits, and a report tells all") {
  desk d{open_settings()};
  CHECK(d.ask(ms(1), {.volume = 5}) == v::approved);
  d.mark(ms(2), 0, at(90));
  auto request = d.sent[0];
  auto facts = d.state.facts(request, ms(2));
  CHECK(facts.strategy.sums.gross == cash(4'500));
  risk_limits tight;
  tight.position_max = lots(9);
  CHECK(check_order(intent_of(request), facts, tight).outcome == v::position_limit_exceeded);
  tight.position_max = lots(10);
  CHECK(check_order(intent_of(request), facts, tight).outcome == v::approved);
  d.state.explain_next();
  CHECK(d.ask(ms(2), {.volume = 5}) == v::approved);
  REQUIRE(d.state.explanations().size() == 1);
  auto& report = d.state.explanations()[0];
  CHECK(std::ranges::all_of(report, &risk_check::passed));
  CHECK(report.back().rule == v::not_reconciled);
  CHECK(d.ask(ms(3), {}) == v::approved);
  CHECK(d.state.explanations().empty()); // of one event only
}

} // namespace tickmesh::risk_facts_book_test
