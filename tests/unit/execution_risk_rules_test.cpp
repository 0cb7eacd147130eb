// Each risk rule at, below and beyond its limit.
#include "actors/execution/risk_rules.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace tickmesh;

namespace {

constexpr auto unit = decimal_scale;
constexpr quantity lots(std::int64_t n) {
  return quantity{n * unit};
}
constexpr price at(std::int64_t n) {
  return price{n * unit};
}
constexpr money cash(std::int64_t n) {
  return money{int128{n} * unit};
}

instrument rubber() {
  return {.pattern = "ru1901",
          .exchange = "SHFE",
          .currency = "CNY",
          .multiplier = 10 * unit,
          .price_tick = at(5),
          .quantity_step = lots(1)};
}

order_intent buy(std::int64_t p, std::int64_t q) {
  return {side::buy, at(p), lots(q)};
}
order_intent sell(std::int64_t p, std::int64_t q) {
  return {side::sell, at(p), lots(q)};
}

} // namespace

TEST_CASE("an order in another currency is refused") {
  CHECK(check_currency("CNY", "CNY").outcome == verdict::approved);
  CHECK(check_currency("CNY", "USDT").outcome == verdict::currency_mismatch);
}

TEST_CASE("an order needs a side, a price on the tick and a volume on the step") {
  auto traded = rubber();
  auto outcome = [&](order_intent o) { return check_validity(o, traded).outcome; };
  CHECK(outcome(buy(12485, 1)) == verdict::approved);
  CHECK(outcome({side::buy, no_price, lots(1)}) == verdict::invalid_order);
  CHECK(outcome({side::none, at(12485), lots(1)}) == verdict::invalid_order);
  CHECK(outcome(buy(0, 1)) == verdict::invalid_order);
  CHECK(outcome(buy(-5, 1)) == verdict::invalid_order);
  CHECK(outcome(buy(12485, 0)) == verdict::invalid_order);
  CHECK(outcome(buy(12485, -1)) == verdict::invalid_order);
  CHECK(outcome({side::sell, at(12485), quantity{unit / 2}}) == verdict::invalid_order);
  CHECK(outcome({side::buy, price{12487 * unit + unit / 2}, lots(1)}) == verdict::invalid_order);
  traded.price_tick = price{0};
  CHECK(outcome(buy(12485, 1)) == verdict::invalid_order);
}

TEST_CASE("the position limit counts open orders of the same side in full") {
  symbol_exposure e{lots(60), lots(30), lots(0)};
  auto at_limit = check_position(buy(100, 10), e, lots(100));
  CHECK(at_limit.outcome == verdict::approved);
  CHECK(at_limit.usage == lots(100).value);
  auto beyond = check_position(buy(100, 11), e, lots(100));
  CHECK(beyond == risk_result{verdict::position_limit_exceeded, lots(101).value, lots(100).value});
  symbol_exposure short_side{lots(-60), lots(500), lots(30)};
  CHECK(check_position(sell(100, 10), short_side, lots(100)).outcome == verdict::approved);
  CHECK(check_position(sell(100, 11), short_side, lots(100)).outcome ==
        verdict::position_limit_exceeded);
}

TEST_CASE("an order that reduces the position passes unless it overshoots on the other side") {
  symbol_exposure e{lots(100), lots(0), lots(0)};
  CHECK(check_position(buy(100, 1), e, lots(100)).outcome == verdict::position_limit_exceeded);
  auto reducing = check_position(sell(100, 40), e, lots(100));
  CHECK(reducing.outcome == verdict::approved);
  CHECK(reducing.usage == 0);
  CHECK(check_position(sell(100, 200), e, lots(100)).outcome == verdict::approved);
  CHECK(check_position(sell(100, 201), e, lots(100)).outcome == verdict::position_limit_exceeded);
}

TEST_CASE("the largest numbers are refused and never wrap") {
  quantity max{INT64_MAX};
  symbol_exposure e{max, max, max};
  CHECK(check_position({side::buy, at(1), max}, e, lots(100)).outcome ==
        verdict::position_limit_exceeded);
  auto value = check_order_value({side::buy, price{INT64_MAX}, max}, INT64_MAX, cash(1'000'000));
  CHECK(value.outcome == verdict::order_value_exceeded);
  CHECK(value.usage == usage_overflow);
  money worst{-usage_overflow - 1};
  CHECK(check_daily_loss(worst, cash(50'000)).outcome == verdict::daily_loss_limit);
}

TEST_CASE("the order value is price times volume times multiplier") {
  CHECK(check_order_value(buy(10'000, 10), 10 * unit, cash(1'000'000)).outcome ==
        verdict::approved);
  auto beyond = check_order_value(buy(10'005, 10), 10 * unit, cash(1'000'000));
  CHECK(beyond ==
        risk_result{verdict::order_value_exceeded, cash(1'000'500).value, cash(1'000'000).value});
}

TEST_CASE("a loss that reaches the daily limit refuses") {
  CHECK(check_daily_loss(cash(-49'999), cash(50'000)).outcome == verdict::approved);
  CHECK(check_daily_loss(cash(-50'000), cash(50'000)).outcome == verdict::daily_loss_limit);
  CHECK(check_daily_loss(cash(80'000), cash(50'000)).usage == 0);
}

TEST_CASE("the order that would exceed the number of orders is refused") {
  CHECK(check_order_count(0, 1).outcome == verdict::approved);
  CHECK(check_order_count(1, 1) ==
        risk_result{verdict::order_count_exceeded, decimal_scale, decimal_scale});
  CHECK(check_order_count(0, 0).outcome == verdict::order_count_exceeded);
}

TEST_CASE("the first rule that fails is the verdict") {
  auto traded = rubber();
  risk_limits limits;
  risk_facts facts{.account_currency = "CNY", .traded = &traded, .day_pnl = cash(-60'000)};
  auto outcome = [&](order_intent o) { return check_order(o, facts, limits).outcome; };
  facts.account_currency = "USDT";
  CHECK(outcome(buy(12487, 1000)) == verdict::currency_mismatch);
  facts.account_currency = "CNY";
  CHECK(outcome(buy(12487, 1000)) == verdict::invalid_order);
  CHECK(outcome(buy(12485, 1000)) == verdict::position_limit_exceeded);
  CHECK(outcome(buy(12485, 90)) == verdict::order_value_exceeded);
  CHECK(outcome(buy(12485, 1)) == verdict::daily_loss_limit);
  facts.exposure.position = lots(5);
  CHECK(outcome(sell(12485, 1)) == verdict::daily_loss_limit); // a reducing order too
  facts.day_pnl = cash(0);
  CHECK(outcome(sell(12485, 1)) == verdict::approved);
  facts.traded = nullptr;
  CHECK(outcome(buy(12485, 1)) == verdict::invalid_order);
}
