// Each risk rule at, below and beyond its limit.
#include "actors/execution/risk/check_order.hpp"

#include <doctest/doctest.h>

#include <cstdint>

namespace tickmesh::risk_rules_test {

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
  auto limits = default_limits();
  risk_facts facts{.account_currency = "CNY", .traded = &traded, .symbol = "ru1901"};
  facts.account.day_pnl = cash(-60'000);
  auto outcome = [&](order_intent o) { return check_order(o, facts, limits).outcome; };
  facts.account_currency = "USDT";
  CHECK(outcome(buy(12487, 1000)) == verdict::currency_mismatch);
  facts.account_currency = "CNY";
  CHECK(outcome(buy(12487, 1000)) == verdict::invalid_order);
  CHECK(outcome(buy(12485, 1000)) == verdict::position_limit_exceeded);
  CHECK(outcome(buy(12485, 90)) == verdict::order_value_exceeded);
  CHECK(outcome(buy(12485, 1)) == verdict::daily_loss_limit);
  facts.account.exposure.position = lots(5);
  CHECK(outcome(sell(12485, 6)) == verdict::daily_loss_limit); // closes 5, opens 1
  CHECK(outcome(sell(12485, 5)) == verdict::approved);         // a loss must not block the exit
  facts.account.day_pnl = cash(0);
  CHECK(outcome(sell(12485, 1)) == verdict::approved);
  facts.traded = nullptr;
  CHECK(outcome(buy(12485, 1)) == verdict::invalid_order);
}

TEST_CASE("the size of an order may reach its limit") {
  CHECK(check_order_size(lots(9), lots(10)).outcome == verdict::approved);
  CHECK(check_order_size(lots(10), lots(10)).outcome == verdict::approved);
  CHECK(check_order_size(quantity{10 * unit + 1}, lots(10)) ==
        risk_result{verdict::order_size_exceeded, 10 * unit + 1, 10 * unit});
}

TEST_CASE("a price may be worse than the mark by the collar, and better by anything") {
  constexpr std::int64_t two_percent = unit / 50;
  auto check = [](side s, std::int64_t p, std::int64_t reference) {
    return check_price_collar(s, price{p}, price{reference}, two_percent);
  };
  CHECK(check(side::buy, 102 * unit, 100 * unit).outcome == verdict::approved);
  CHECK(check(side::buy, 102 * unit + 1, 100 * unit) ==
        risk_result{verdict::price_collar_exceeded, 2 * unit + 1, 2 * unit});
  CHECK(check(side::sell, 98 * unit, 100 * unit).outcome == verdict::approved);
  CHECK(check(side::sell, 98 * unit - 1, 100 * unit).outcome == verdict::price_collar_exceeded);
  CHECK(check(side::buy, 1, 100 * unit) == risk_result{verdict::approved, 0, 2 * unit});
  CHECK(check(side::sell, 900 * unit, 100 * unit).outcome == verdict::approved);
  // 2 % of 149 is 2.98: a distance of 2 passes, one of 3 does not.
  CHECK(check(side::buy, 151, 149).outcome == verdict::approved);
  CHECK(check(side::buy, 152, 149).outcome == verdict::price_collar_exceeded);
  CHECK(check(side::buy, INT64_MAX, 1).outcome == verdict::price_collar_exceeded);
  CHECK(check(side::sell, 1, INT64_MAX).outcome == verdict::price_collar_exceeded);
  CHECK(check_price_collar(side::buy, at(200), at(100), unit).outcome == verdict::approved);
  // The widest distance is exact, whatever the sizes.
  for (std::int64_t ratio : {std::int64_t{0}, unit / 3, unit, 7 * unit + 1, INT64_MAX})
    for (std::int64_t reference : {std::int64_t{149}, 12'485 * unit + 7, INT64_MAX})
      CHECK(check_price_collar(side::buy, price{1}, price{reference}, ratio).limit ==
            int128{ratio} * reference / unit);
}

TEST_CASE("counts refuse the one that would be too many") {
  for (auto rule : {verdict::order_rate_exceeded, verdict::order_day_exceeded,
                    verdict::cancel_rate_exceeded, verdict::cancel_day_exceeded}) {
    CHECK(check_count(rule, 8, 10).outcome == verdict::approved);
    CHECK(check_count(rule, 9, 10) == risk_result{verdict::approved, 10 * unit, 10 * unit});
    CHECK(check_count(rule, 10, 10) == risk_result{rule, 11 * unit, 10 * unit});
    CHECK(check_count(rule, 0, 0).outcome == rule);
    CHECK(check_count(rule, UINT64_MAX, UINT64_MAX).outcome == rule);
  }
}

TEST_CASE("the same order passes again when the window is over") {
  auto check = [](std::optional<nanoseconds> since) {
    return check_duplicate(since, std::chrono::milliseconds{500});
  };
  CHECK(check(std::nullopt).outcome == verdict::approved);
  CHECK(check(std::chrono::milliseconds{500}).outcome == verdict::approved);
  CHECK(check(nanoseconds{499'999'990}) == risk_result{verdict::duplicate_order, 1, unit / 2});
  CHECK(check(nanoseconds{0}).outcome == verdict::duplicate_order);
}

TEST_CASE("an order that could meet an own one is refused") {
  CHECK(check_self_trade(buy(99, 1), at(90), at(100)).outcome == verdict::approved);
  CHECK(check_self_trade(buy(100, 1), at(90), at(100)) ==
        risk_result{verdict::self_trade, 100 * unit, 100 * unit});
  CHECK(check_self_trade(sell(91, 1), at(90), at(100)).outcome == verdict::approved);
  CHECK(check_self_trade(sell(90, 1), at(90), at(100)).outcome == verdict::self_trade);
  CHECK(check_self_trade(sell(1, 1), no_price, at(100)).outcome == verdict::approved);
  order_intent market{side::buy, at(80), lots(1), order_type::market}; // judged at its quote
  CHECK(check_self_trade(market, at(90), at(100)).outcome == verdict::self_trade);
  CHECK(check_self_trade(market, at(90), no_price).outcome == verdict::approved);
}

TEST_CASE("exposure is checked with the order in full, and may always be brought down") {
  // 5 long, 3 more bought, 20 offered, at 100 and a multiplier of 10: +8000, -15000.
  symbol_exposure e{lots(5), lots(3), lots(20)};
  exposure_sums sums{cash(8'000), cash(-15'000), cash(15'000)};
  auto with = [&](order_intent o) { return sums_with(sums, o, e, at(100), 10 * unit); };
  CHECK(with(buy(77, 4)) == exposure_sums{cash(12'000), cash(-15'000), cash(15'000)});
  CHECK(with(buy(77, 8)) == exposure_sums{cash(16'000), cash(-15'000), cash(16'000)});
  CHECK(with(sell(77, 1)) == exposure_sums{cash(8'000), cash(-16'000), cash(16'000)});
  auto gross = [&](order_intent o, std::int64_t max) {
    return check_gross_exposure(sums, with(o), cash(max)).outcome;
  };
  CHECK(gross(sell(77, 1), 16'000) == verdict::approved);
  CHECK(gross(sell(77, 1), 15'999) == verdict::gross_exposure_exceeded);
  CHECK(gross(buy(77, 7), 1) == verdict::approved); // above, but not by this order
  auto net = [&](order_intent o, std::int64_t max) {
    return check_net_exposure(sums, with(o), cash(max)).outcome;
  };
  CHECK(net(sell(77, 1), 16'000) == verdict::approved);
  CHECK(net(sell(77, 1), 15'999) == verdict::net_exposure_exceeded);
  CHECK(net(buy(77, 7), 1) == verdict::approved);
  // Without a price of its own the symbol counted as 0, and now counts at the order's.
  CHECK(sums_with({}, buy(100, 2), {lots(1), {}, {}}, no_price, 10 * unit) ==
        exposure_sums{cash(3'000), cash(1'000), cash(3'000)});
}

TEST_CASE("exposures of the largest numbers are refused and never wrap") {
  quantity max{INT64_MAX};
  symbol_exposure e{max, max, max};
  auto value = exposure_value(int128{INT64_MAX} * 2, price{INT64_MAX}, INT64_MAX);
  CHECK(value == int128{1} << 100);
  CHECK(exposure_value(-int128{INT64_MAX} * 4, price{INT64_MAX}, INT64_MAX) == -value);
  exposure_sums before{money{value}, {}, money{value}};
  auto after =
      sums_with(before, {side::buy, price{INT64_MAX}, max}, e, price{INT64_MAX}, INT64_MAX);
  money largest{INT64_MAX};
  CHECK(check_gross_exposure(before, after, largest).outcome == verdict::gross_exposure_exceeded);
  CHECK(check_net_exposure(before, after, largest).outcome == verdict::net_exposure_exceeded);
  CHECK(exposure_value(1, price{1}, 1) == 0); // rounded down
  CHECK(exposure_value(-1, price{1}, 1) == -1);
  CHECK(exposure_value(-3 * unit, at(7), unit / 2) == -cash(10).value - unit / 2);
}

TEST_CASE("symbols are restricted by pattern, or allowed by one") {
  auto outcome = [](std::vector<std::string> restricted, std::vector<std::string> allowed) {
    return check_symbol_lists("ru1901", restricted, allowed).outcome;
  };
  CHECK(outcome({}, {}) == verdict::approved);
  CHECK(outcome({"rb####"}, {}) == verdict::approved);
  CHECK(outcome({"rb####", "ru####"}, {}) == verdict::symbol_restricted);
  CHECK(outcome({}, {"ru1901"}) == verdict::approved);
  CHECK(outcome({}, {"rb####"}) == verdict::symbol_restricted);
  CHECK(outcome({"ru*"}, {"ru####"}) == verdict::symbol_restricted);
  CHECK(check_session(true).outcome == verdict::approved);
  CHECK(check_session(false).outcome == verdict::outside_session);
}

TEST_CASE("in state REDUCING an order passes when it can only reduce, in HALTED none does") {
  symbol_exposure long_side{lots(10), lots(4), lots(3)};
  auto outcome = [](trading_mode now, order_intent o, const symbol_exposure& e) {
    return check_trading_mode(now, o, e).outcome;
  };
  using mode = trading_mode;
  CHECK(outcome(mode::active, buy(100, 9), long_side) == verdict::approved);
  CHECK(outcome(mode::halted, sell(100, 1), long_side) == verdict::trading_halted);
  CHECK(outcome(mode::reducing, sell(100, 7), long_side) == verdict::approved);
  CHECK(check_trading_mode(mode::reducing, sell(100, 8), long_side) ==
        risk_result{verdict::trading_reducing, lots(8).value, lots(7).value});
  CHECK(outcome(mode::reducing, buy(100, 1), long_side) == verdict::trading_reducing);
  symbol_exposure short_side{lots(-10), lots(4), lots(3)};
  CHECK(outcome(mode::reducing, buy(100, 6), short_side) == verdict::approved);
  CHECK(outcome(mode::reducing, buy(100, 7), short_side) == verdict::trading_reducing);
  CHECK(outcome(mode::reducing, sell(100, 1), short_side) == verdict::trading_reducing);
  CHECK(outcome(mode::reducing, sell(100, 1), {}) == verdict::trading_reducing);
}

TEST_CASE("marks and signals may be as old as their limits") {
  constexpr std::chrono::seconds two{2};
  CHECK(check_mark_age(two, two).outcome == verdict::approved);
  CHECK(check_mark_age(two + nanoseconds{1}, two) ==
        risk_result{verdict::stale_market_data, 2 * unit + 1, 2 * unit});
  CHECK(check_mark_age(std::nullopt, two).outcome == verdict::stale_market_data);
  CHECK(check_signal_age(two, two).outcome == verdict::approved);
  CHECK(check_signal_age(two + nanoseconds{1}, two).outcome == verdict::expired);
  CHECK(check_signal_age(std::chrono::hours{9}, nanoseconds{0}).outcome == verdict::approved);
}

TEST_CASE("a market order is judged by the opposite best quote, and refused without one") {
  auto traded = rubber();
  risk_limits limits;
  limits.order_value_max = cash(1'000'000);
  limits.collar_ratio = unit / 10;
  risk_facts facts{.account_currency = "CNY", .traded = &traded};
  order_intent market{side::buy, no_price, lots(8), order_type::market};
  CHECK(check_order(market, facts, limits).outcome == verdict::stale_market_data);
  facts.market = {.last = at(12'000), .bid = at(11'995), .ask = at(12'005), .age = nanoseconds{0}};
  CHECK(check_order(market, facts, limits).outcome == verdict::approved);
  market.volume = lots(9);
  auto result = check_order(market, facts, limits);
  CHECK(result.outcome == verdict::order_value_exceeded);
  CHECK(result.usage == cash(1'080'450).value);
  market.volume = lots(1);
  facts.market.last = at(10'900); // the quote is more than a tenth above it
  CHECK(check_order(market, facts, limits).outcome == verdict::price_collar_exceeded);
  market.direction = side::sell;
  CHECK(check_order(market, facts, limits).outcome == verdict::approved);
  market.limit = at(12'000);
  CHECK(check_order(market, facts, limits).outcome == verdict::invalid_order);
}

TEST_CASE("a collar without a reference refuses, and takes the middle of the book without a last") {
  auto traded = rubber();
  risk_limits limits;
  limits.collar_ratio = unit / 100;
  risk_facts facts{.account_currency = "CNY", .traded = &traded};
  CHECK(check_order(buy(10'000, 1), facts, limits).outcome == verdict::stale_market_data);
  facts.market.bid = at(9'980);
  CHECK(check_order(buy(10'000, 1), facts, limits).outcome == verdict::stale_market_data);
  facts.market.ask = at(10'020);
  CHECK(check_order(buy(10'100, 1), facts, limits).outcome == verdict::approved);
  CHECK(check_order(buy(10'105, 1), facts, limits).outcome == verdict::price_collar_exceeded);
}

TEST_CASE("all scopes that cover an order apply, and the verdict names the one that refused") {
  auto traded = rubber();
  std::vector<limit_scope> scopes(5);
  scopes[0].limits.order_size_max = lots(10);
  scopes[1] = {scope_kind::strategy, "a", {}};
  scopes[1].limits.order_size_max = lots(5);
  scopes[1].limits.daily_loss_max = cash(100);
  scopes[2] = {scope_kind::symbol, "ru####", {}};
  scopes[2].limits.order_size_max = lots(7);
  scopes[3] = {scope_kind::account, "main", {}};
  scopes[3].limits.order_size_max = lots(8);
  scopes[4] = {scope_kind::account, "other", {}};
  scopes[4].limits.order_size_max = lots(0);
  limit_table table{scopes, "main", {"a", "b"}, {"ru1901", "rb1901"}};
  auto check = [&](std::int64_t volume, std::uint16_t strategy, std::uint32_t symbol,
                   const risk_facts& facts) {
    return check_order(buy(12'000, volume), facts,
                       table.of(strategy_id{strategy}, symbol_id{symbol}));
  };
  risk_facts facts{.account_currency = "CNY", .traded = &traded};
  CHECK(check(5, 0, 0, facts).outcome == verdict::approved);
  CHECK(check(6, 0, 0, facts).scope == 1);
  CHECK(check(6, 1, 0, facts).outcome == verdict::approved);
  CHECK(check(8, 1, 0, facts).scope == 2);
  CHECK(check(8, 1, 1, facts).outcome == verdict::approved);
  CHECK(check(9, 1, 1, facts).scope == 3);
  CHECK(check(11, 0, 0, facts).scope == 0);
  CHECK(format_scope(table.scopes()[2]) == "symbol ru####");
  CHECK(format_scope(table.scopes()[0]) == "global");
  facts.account.day_pnl = cash(-100);
  CHECK(check(1, 0, 0, facts).outcome == verdict::approved);
  facts.strategy.day_pnl = cash(-100);
  CHECK(check(1, 0, 0, facts) ==
        risk_result{verdict::daily_loss_limit, cash(100).value, cash(100).value, 1});
}

TEST_CASE("a report names every limit with its usage, whatever has failed") {
  auto traded = rubber();
  auto limits = default_limits();
  limits.order_size_max = lots(5);
  risk_facts facts{.account_currency = "CNY", .traded = &traded, .symbol = "ru1901"};
  facts.signal_age = std::chrono::seconds{1};
  facts.mode = trading_mode::halted;
  applied_limit global{&limits, scope_kind::global, 0};
  applied_limits applied{std::span{&global, 1}, {}, {}};
  auto order = buy(12'000, 6);
  auto report = report_order(order, facts, applied);
  using v = verdict;
  CHECK(report ==
        risk_report{{v::expired, 0, unit, 2 * unit, true},
                    {v::currency_mismatch, 0, 0, 0, true},
                    {v::invalid_order, 0, 0, 0, true},
                    {v::position_limit_exceeded, 0, lots(6).value, lots(100).value, true},
                    {v::order_value_exceeded, 0, cash(720'000).value, cash(1'000'000).value, true},
                    {v::daily_loss_limit, 0, 0, cash(50'000).value, true},
                    {v::order_count_exceeded, 0, 0, int128{1'000'000} * unit, true},
                    {v::order_size_exceeded, 0, lots(6).value, lots(5).value, false},
                    {v::trading_halted, 0, lots(6).value, 0, false},
                    {v::not_reconciled, 0, 0, 0, true}});
  CHECK(check_order(order, facts, applied).outcome == v::order_size_exceeded);
  facts.traded = nullptr;
  CHECK(report_order(order, facts, applied).back() == risk_check{v::invalid_order, 0, 0, 0, false});
}

} // namespace tickmesh::risk_rules_test
