// Prices below 0 in risk, orders, fills and profit, of an instrument that allows them.
#include "actors/execution/risk/check_order.hpp"
#include "actors/execution/trading/flatten.hpp"
#include "actors/execution/venues/sim_venue.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::negative_price_test {

using namespace risk_desk;

namespace {

constexpr std::uint32_t oil = 1;

price cents(std::int64_t n) {
  return price{n * unit / 100};
}

/// 1000 barrels a lot, in cents, down to -100.
trading_universe oil_universe() {
  auto out = universe();
  auto& traded = *out.instruments[oil];
  traded.multiplier = 1'000 * unit;
  traded.price_tick = cents(1);
  traded.limits.price_min = at(-100);
  traded.limits.ratio_base_min = at(1);
  return out;
}

desk oil_desk(const risk_limits& limits) {
  auto settings = open_settings();
  settings.limits = limits;
  return desk{settings, oil_universe()};
}

} // namespace

TEST_CASE(
    "a long from above zero loses what the mark falls to below it, and the loss limit sees it") {
  risk_limits limits;
  limits.daily_loss_max = cash(20'000);
  auto d = oil_desk(limits);
  d.mark(ms(1), oil, cents(950));
  REQUIRE(d.ask(ms(2), {.at = 9, .symbol = oil}) == verdict::approved);
  auto order = d.sent.back();
  d.report(ms(3), order, report_kind::fill, order_status::filled, 1, 1, cents(950));
  d.mark(ms(4), oil, cents(5));
  CHECK(d.state.totals().day_pnl == cash(-9'450));
  d.mark(ms(5), oil, cents(-3'763));
  CHECK(d.state.totals().day_pnl == cash(-47'130));
  CHECK(d.state.totals().unrealised == cash(-47'130));
  CHECK(d.ask(ms(6), {.at = -38, .symbol = oil}) == verdict::daily_loss_limit);
}

TEST_CASE("orders and fills at zero and below count where prices may lie there, and only there") {
  auto d = oil_desk({});
  d.mark(ms(1), oil, at(-37), at(-38), at(-37));
  REQUIRE(d.ask(ms(2), {.at = -37, .symbol = oil}) == verdict::approved);
  d.fill_all(ms(3), d.sent.back());
  CHECK(d.state.totals().fills == 1);
  REQUIRE(d.ask(ms(4), {.at = 0, .symbol = oil}) == verdict::approved);
  d.fill_all(ms(5), d.sent.back());
  CHECK(d.state.totals().fills == 2);
  CHECK(d.state.totals().anomalies.of(order_anomaly::malformed_report) == 0);
  CHECK(d.ask(ms(6), {.at = -100, .symbol = oil}) == verdict::invalid_order);
  CHECK(d.ask(ms(7), {.at = 0, .symbol = 0}) == verdict::invalid_order);
  CHECK(d.ask(ms(8), {.at = -1, .symbol = 0}) == verdict::invalid_order);
  // A fill below what the instrument may cost is not booked.
  d.mark(ms(9), 0, at(100));
  REQUIRE(d.ask(ms(10), {.at = 100, .symbol = 0}) == verdict::approved);
  auto rubber = d.sent.back();
  d.report(ms(11), rubber, report_kind::fill, order_status::filled, 1, 1, at(0));
  CHECK(d.state.totals().anomalies.of(order_anomaly::malformed_report) == 1);
  CHECK(d.state.totals().fills == 2);
}

TEST_CASE("value and exposure of an order are those of the price's magnitude") {
  risk_limits limits;
  limits.order_value_max = cash(40'000);
  auto d = oil_desk(limits);
  d.mark(ms(1), oil, at(-40), at(-41), at(-40));
  CHECK(d.ask(ms(2), {.at = -41, .symbol = oil}) == verdict::order_value_exceeded);
  CHECK(d.ask(ms(3), {.at = -40, .symbol = oil}) == verdict::approved);
  limits = {};
  limits.gross_exposure_max = cash(40'000);
  auto gross = oil_desk(limits);
  gross.mark(ms(1), oil, at(-40), at(-41), at(-40));
  REQUIRE(gross.ask(ms(2), {.at = -40, .symbol = oil}) == verdict::approved);
  gross.fill_all(ms(3), gross.sent.back());
  CHECK(gross.ask(ms(4), {.at = -40, .symbol = oil}) == verdict::gross_exposure_exceeded);
  CHECK(gross.ask(ms(5), {.direction = -1, .at = -41, .symbol = oil}) == verdict::approved);
}

TEST_CASE("the collar is a share of the reference's magnitude, near zero of the least base") {
  auto tenth = unit / 10;
  auto distance = [&](side direction, price judged, price reference) {
    return check_price_collar(direction, judged, reference, tenth, at(1));
  };
  CHECK(distance(side::buy, at(-36), at(-40)).outcome == verdict::approved);
  CHECK(distance(side::buy, cents(-3'599), at(-40)) ==
        risk_result{verdict::price_collar_exceeded, cents(401).value, at(4).value});
  CHECK(distance(side::sell, at(-44), at(-40)).outcome == verdict::approved);
  CHECK(distance(side::sell, cents(-4'401), at(-40)).outcome == verdict::price_collar_exceeded);
  CHECK(distance(side::buy, cents(10), at(0)).outcome == verdict::approved);
  CHECK(distance(side::buy, cents(11), at(0)).outcome == verdict::price_collar_exceeded);
}

TEST_CASE("the middle of a book below zero is rounded down, as above it") {
  CHECK(reference_price({no_price, price{-4}, price{-1}, std::nullopt}) == price{-3});
  CHECK(reference_price({no_price, price{1}, price{4}, std::nullopt}) == price{2});
  CHECK(reference_price({no_price, price{-1}, no_price, std::nullopt}) == no_price);
  CHECK(reference_price({price{0}, price{-4}, price{-1}, std::nullopt}) == price{0});
}

TEST_CASE("an exposure that overflows keeps its sign, on both sides of zero") {
  constexpr int128 huge = int128{1} << 80U;
  price high{std::numeric_limits<std::int64_t>::max()};
  CHECK(exposure_value(huge, high, unit) > 0);
  CHECK(exposure_value(-huge, high, unit) < 0);
  CHECK(exposure_value(huge, -high, unit) < 0);
  CHECK(exposure_value(-huge, -high, unit) > 0);
}

TEST_CASE("an open market sell would meet a buy at any price, below zero too") {
  open_orders open{1};
  order_request sell{.direction = side::sell, .volume = lots(1), .type = order_type::market};
  open.change(sell, {}, lots(1));
  order_intent buy{.direction = side::buy, .limit = at(-50), .volume = lots(1)};
  CHECK(check_self_trade(buy, no_price, open.best_sell(symbol_id{})).outcome ==
        verdict::self_trade);
}

TEST_CASE("a halt flattens below zero in orders that the value limit allows") {
  risk_limits limits;
  limits.order_value_max = cash(80'000);
  applied_limit global{&limits, scope_kind::global, 0};
  applied_limits all{std::span{&global, 1}, {}, {}};
  CHECK(largest_order(lots(9), at(-40), all, 1'000 * unit, lots(1)) == lots(2));
  CHECK(largest_order(lots(9), at(40), all, 1'000 * unit, lots(1)) == lots(2));
}

} // namespace tickmesh::negative_price_test
