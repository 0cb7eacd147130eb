// No limit holds back an order that only reduces risk: past each of them closing orders pass, and
// only they, by what each scope itself holds.
#include "actors/execution/risk/risk_waivers.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <random>
#include <utility>
#include <vector>

namespace tickmesh::closing_order_test {

using namespace risk_desk;

namespace {

using v = verdict;

order_intent intent(side direction, std::int64_t volume, std::int64_t limit = 100) {
  return {direction, at(limit), lots(volume)};
}

/// Every limit whose waiver lets closing orders pass, far exceeded.
struct exceeded_limit {
  verdict rule;
  std::function<void(risk_limits&)> set;
  std::function<void(scope_facts&, risk_facts&)> exceed = [](auto&, auto&) {};
};

std::vector<exceeded_limit> exceeded_limits() {
  auto none = money{};
  return {
      {v::position_limit_exceeded, [](auto& l) { l.position_max = quantity{}; }},
      {v::daily_loss_limit, [none](auto& l) { l.daily_loss_max = none; },
       [](auto& scope, auto&) { scope.day_pnl = cash(-1); }},
      {v::order_count_exceeded, [](auto& l) { l.orders_max = 0; }},
      {v::order_day_exceeded, [](auto& l) { l.orders_per_day_max = 0; }},
      {v::cancel_day_exceeded, [](auto& l) { l.cancels_per_day_max = 0; }},
      {v::gross_exposure_exceeded, [none](auto& l) { l.gross_exposure_max = none; },
       [](auto& scope, auto&) {
         scope.sums = {cash(90'000), cash(-90'000), cash(90'000)};
       }},
      {v::net_exposure_exceeded, [none](auto& l) { l.net_exposure_max = none; },
       [](auto& scope, auto&) {
         scope.sums = {cash(90'000), cash(-90'000), cash(90'000)};
       }},
      {v::stale_mark, [](auto& l) { l.frozen_mark_max = nanoseconds{0}; },
       [](auto&, auto& facts) { facts.market.open_age = std::chrono::hours{1}; }},
  };
}

instrument traded() {
  return {.pattern = "ru1901", .exchange = {}, .currency = "CNY", .multiplier = 10 * unit};
}

risk_facts facts_of(const instrument& i) {
  return {.account_currency = "CNY",
          .traded = &i,
          .symbol = "ru1901",
          .market = {.last = at(100), .age = nanoseconds{0}},
          .valued_at = at(100)};
}

} // namespace

TEST_CASE("each limit on growing risk lets closing orders pass, and the list of them is whole") {
  std::size_t tried = 0;
  for (auto& waiver : risk_waivers)
    tried += waiver.closing ? 1 : 0;
  CHECK(exceeded_limits().size() == tried);
  auto i = traded();
  for (auto& past : exceeded_limits()) {
    CAPTURE(to_string(past.rule));
    CHECK(waiver_of(past.rule).closing);
    risk_limits limits;
    past.set(limits);
    auto facts = facts_of(i);
    facts.account.exposure = {lots(4), {}, {}};
    past.exceed(facts.account, facts);
    auto outcome = [&](order_intent o) { return check_order(o, facts, limits).outcome; };
    CHECK(outcome(intent(side::sell, 4)) == v::approved);
    CHECK(outcome(intent(side::sell, 5)) == past.rule);
    CHECK(outcome(intent(side::buy, 1)) == past.rule);
    facts.account.exposure = {lots(4), {}, lots(1)}; // one is offered, perhaps in doubt
    CHECK(outcome(intent(side::sell, 3)) == v::approved);
    CHECK(outcome(intent(side::sell, 4)) == past.rule);
    facts.account.exposure = {lots(-4), lots(1), lots(7)};
    CHECK(outcome(intent(side::buy, 3)) == v::approved);
    CHECK(outcome(intent(side::buy, 4)) == past.rule);
    CHECK(outcome(intent(side::sell, 1)) == past.rule);
    facts.account.exposure = {};
    CHECK(outcome(intent(side::sell, 1)) == past.rule);
  }
}

TEST_CASE("past a gross limit an order that turns the position round is opening") {
  auto i = traded();
  auto facts = facts_of(i);
  facts.account.exposure = {lots(10), {}, {}};
  facts.account.sums = {cash(10'000), cash(10'000), cash(10'000)};
  risk_limits gross;
  gross.gross_exposure_max = cash(5'000);
  risk_limits net;
  net.net_exposure_max = cash(5'000);
  for (auto& limits : {gross, net}) {
    CHECK(check_order(intent(side::sell, 10), facts, limits).outcome == v::approved);
    CHECK(check_order(intent(side::sell, 14), facts, limits).outcome != v::approved);
  }
  // Within the limit it is an order like any other.
  gross.gross_exposure_max = cash(10'000);
  CHECK(check_order(intent(side::sell, 14), facts, gross).outcome == v::approved);
}

TEST_CASE("past a net limit a hedge passes, and so does closing one leg of two") {
  auto i = traded();
  auto facts = facts_of(i);
  facts.account.sums = {cash(10'000), cash(10'000), cash(10'000)}; // of another symbol
  risk_limits net;
  net.net_exposure_max = cash(5'000);
  CHECK(check_order(intent(side::sell, 2), facts, net).outcome == v::approved);
  CHECK(check_order(intent(side::buy, 2), facts, net).outcome == v::net_exposure_exceeded);
  facts.account.exposure.position = lots(-2);
  CHECK(check_order(intent(side::buy, 2), facts, net).outcome == v::approved);
  CHECK(check_order(intent(side::buy, 3), facts, net).outcome == v::net_exposure_exceeded);
}

TEST_CASE("past a net limit on one side, the other side may not be taken beyond it") {
  auto i = traded();
  auto facts = facts_of(i);
  // Of another symbol: open buys could bring the sum beyond the limit, which now is nearly flat.
  facts.account.sums = {cash(10'000), cash(-1'000), cash(10'000)};
  risk_limits net;
  net.net_exposure_max = cash(5'000);
  CHECK(check_order(intent(side::sell, 4), facts, net).outcome == v::approved);
  CHECK(check_order(intent(side::sell, 5), facts, net).outcome == v::net_exposure_exceeded);
  CHECK(check_order(intent(side::buy, 1), facts, net).outcome == v::net_exposure_exceeded);
  facts.account.sums = {cash(1'000), cash(-10'000), cash(10'000)};
  CHECK(check_order(intent(side::buy, 4), facts, net).outcome == v::approved);
  CHECK(check_order(intent(side::buy, 5), facts, net).outcome == v::net_exposure_exceeded);
}

TEST_CASE("a scope judges by what it holds itself: what closes one may open in another") {
  std::vector<limit_scope> scopes(2);
  scopes[1] = {scope_kind::strategy, "a", {}};
  auto i = traded();
  for (auto& past : exceeded_limits()) {
    if (past.rule == v::order_count_exceeded) continue; // of the global scope alone
    CAPTURE(to_string(past.rule));
    for (bool is_strategy : {false, true}) {
      CAPTURE(is_strategy);
      scopes[0].limits = scopes[1].limits = {};
      past.set(scopes[is_strategy ? 1 : 0].limits);
      limit_table table{scopes, "main", {"a"}, {"ru1901"}};
      auto facts = facts_of(i);
      // The account is long, the strategy short: a buy closes the one and opens the other.
      facts.account.exposure = facts.of_symbol.exposure = {lots(6), {}, {}};
      facts.strategy.exposure = {lots(-2), {}, {}};
      for (auto* scope : {&facts.account, &facts.strategy})
        past.exceed(*scope, facts);
      auto outcome = [&](order_intent o) {
        return check_order(o, facts, table.of(strategy_id{0}, symbol_id{0})).outcome;
      };
      CHECK(outcome(intent(side::buy, 2)) == (is_strategy ? v::approved : past.rule));
      CHECK(outcome(intent(side::sell, 2)) == (is_strategy ? past.rule : v::approved));
    }
  }
}

TEST_CASE("rules on what an order must be like hold for closing orders, too") {
  auto i = traded();
  risk_limits limits;
  limits.order_size_max = lots(2);
  limits.order_value_max = cash(2'000);
  limits.collar_ratio = unit / 10;
  limits.refuse_self_trade = true;
  limits.duplicate_window = std::chrono::seconds{1};
  limits.orders_per_second_max = 5;
  limits.cancels_per_second_max = 5;
  limits.signal_age_max = std::chrono::seconds{2};
  limits.mark_age_max = std::chrono::seconds{1};
  limits.in_session_only = true;
  auto good = facts_of(i);
  good.account.exposure = {lots(8), {}, {}};
  auto outcome = [&](auto change, order_intent o) {
    auto facts = good;
    change(facts);
    return check_order(o, facts, limits).outcome;
  };
  auto one = intent(side::sell, 1);
  CHECK(outcome([](auto&) {}, one) == v::approved);
  CHECK(outcome([](auto&) {}, intent(side::sell, 3, 1)) == v::order_size_exceeded);
  CHECK(outcome([](auto&) {}, intent(side::sell, 2, 101)) == v::order_value_exceeded);
  CHECK(outcome([](auto&) {}, intent(side::sell, 1, 80)) == v::price_collar_exceeded);
  CHECK(outcome([](auto& f) { f.own_buy = at(100); }, one) == v::self_trade);
  CHECK(outcome([](auto& f) { f.since_same = nanoseconds{1}; }, one) == v::duplicate_order);
  CHECK(outcome([](auto& f) { f.account.rates.orders_in_second = 5; }, one) ==
        v::order_rate_exceeded);
  CHECK(outcome([](auto& f) { f.account.rates.cancels_in_second = 5; }, one) ==
        v::cancel_rate_exceeded);
  CHECK(outcome([](auto& f) { f.broker = {1, 1}; }, one) == v::broker_rate_exceeded);
  CHECK(outcome([](auto& f) { f.signal_age = std::chrono::seconds{3}; }, one) == v::expired);
  CHECK(outcome([](auto& f) { f.market.age = std::chrono::seconds{3}; }, one) ==
        v::stale_market_data);
  CHECK(outcome(
            [](auto& f) {
              f.market.last = no_price;
              f.market.bid = no_price;
            },
            one) == v::stale_market_data);
  CHECK(outcome([](auto& f) { f.in_session = false; }, one) == v::outside_session);
  CHECK(outcome([](auto& f) { f.is_reconciled = false; }, one) == v::not_reconciled);
  CHECK(outcome([](auto& f) { f.mode = trading_mode::halted; }, one) == v::trading_halted);
  CHECK(outcome([](auto& f) { f.mode = trading_mode::reducing; }, one) == v::approved);
  limits.symbols_restricted = {"ru####"};
  CHECK(outcome([](auto&) {}, one) == v::symbol_restricted);
}

TEST_CASE("past the daily loss positions can be closed, order by order, and no further") {
  auto settings = open_settings();
  settings.limits.daily_loss_max = cash(2'500);
  desk d{settings};
  d.mark(ms(0), 0, at(100));
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  d.mark(ms(2), 0, at(70)); // 10 x 10 x 30 are lost
  CHECK(d.ask(ms(3), {.at = 70}) == v::daily_loss_limit);
  CHECK(d.ask(ms(3), {.direction = -1, .at = 70, .volume = 11}) == v::daily_loss_limit);
  CHECK(d.ask(ms(3), {.direction = -1, .at = 70, .volume = 6}) == v::approved);
  auto first = d.sent.back();
  CHECK(d.ask(ms(4), {.direction = -1, .at = 70, .volume = 5}) == v::daily_loss_limit);
  // In doubt it may have filled.
  d.apply(ms(1'003), timer_due{ms(1'003), first.id, timer_purpose::order_answer});
  REQUIRE(d.status_of(first.id) == order_status::in_doubt);
  CHECK(d.ask(ms(1'004), {.direction = -1, .at = 70, .volume = 5}) == v::daily_loss_limit);
  CHECK(d.ask(ms(1'004), {.direction = -1, .at = 70, .volume = 4}) == v::approved);
  d.fill_all(ms(1'005), d.sent.back());
  d.fill_all(ms(1'006), first);
  CHECK(d.state.exposure(symbol_id{0}) == symbol_exposure{});
  CHECK(d.ask(ms(1'007), {.direction = -1, .at = 70}) == v::daily_loss_limit);
}

TEST_CASE("a new form that only shrinks an open order passes every limit on risk") {
  auto settings = open_settings();
  desk d{settings};
  d.mark(ms(0), 0, at(100));
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  auto open = d.open_order(ms(2), {.volume = 8});
  d.mark(ms(3), 0, at(70));
  std::vector<limit_scope> limits(1);
  limits[0].limits.daily_loss_max = cash(2'500);
  limits[0].limits.position_max = limits[0].limits.order_size_max = lots(1);
  limits[0].limits.order_value_max = limits[0].limits.gross_exposure_max = cash(1);
  limits[0].limits.collar_ratio = unit / 100;
  limits[0].limits.orders_per_day_max = 1;
  REQUIRE(d.command(ms(4), limits_change{limits}).is_done);
  auto replaced = [&](std::int64_t limit, std::int64_t volume) {
    auto done = d.command(d.now, operator_replace{open.id, at(limit), lots(volume)});
    if (!done.is_done) return done.text;
    d.apply(d.now, execution_report{.id = {open.id, ++d.reports[open.id]},
                                    .order = open.id,
                                    .kind = report_kind::replaced,
                                    .status = order_status::accepted,
                                    .revision = ++d.revisions});
    return std::string{};
  };
  auto refusal = [&](const char* why) {
    return "order " + format_order_id(open.id) + ": its new form is refused: " + why;
  };
  CHECK(replaced(100, 9) == refusal("POSITION_LIMIT_EXCEEDED, 19 of 1"));
  CHECK(replaced(101, 7) == refusal("POSITION_LIMIT_EXCEEDED, 17 of 1"));
  CHECK(replaced(99, 8) == "");
  CHECK(replaced(99, 3) == "");
  CHECK(d.state.exposure(symbol_id{0}).open_buys == lots(3));
  CHECK(d.command(d.now, trading_switch{trading_mode::reducing}).is_done);
  CHECK(replaced(99, 2) == "");
  CHECK(d.command(d.now, trading_switch{trading_mode::halted}).is_done);
  CHECK(replaced(99, 1) == refusal("TRADING_HALTED, 1 of 0"));
}

TEST_CASE("past every limit at once an order is approved just when it closes in every scope") {
  auto i = traded();
  std::size_t approved = 0;
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    auto some = [&random](std::int64_t low, std::int64_t high) {
      return lots(low +
                  static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1)));
    };
    std::vector<limit_scope> scopes(3);
    scopes[1] = {scope_kind::strategy, "a", {}};
    scopes[2] = {scope_kind::symbol, "ru####", {}};
    auto facts = facts_of(i);
    facts.account.exposure = {some(-9, 9), some(0, 3), some(0, 3)};
    facts.of_symbol.exposure = facts.account.exposure;
    facts.strategy.exposure = {some(-9, 9), some(0, 2), some(0, 2)};
    for (auto& past : exceeded_limits()) {
      for (auto& scope : scopes)
        if (random() % 8 == 0) past.set(scope.limits);
      for (auto* scope : {&facts.account, &facts.strategy, &facts.of_symbol})
        past.exceed(*scope, facts);
    }
    limit_table table{scopes, "main", {"a"}, {"ru1901"}};
    auto order = intent(random() % 2 == 0 ? side::buy : side::sell, some(1, 9).value / unit);
    auto closes = [&order](const symbol_exposure& e) {
      auto position = e.position.value;
      for (auto open = e.open_buys.value; order.direction == side::buy && open > 0; open -= unit)
        position += unit;
      for (auto open = e.open_sells.value; order.direction == side::sell && open > 0; open -= unit)
        position -= unit;
      auto after =
          position + (order.direction == side::buy ? order.volume.value : -order.volume.value);
      // Nearer to flat all the way: it does not cross it.
      return order.direction == side::buy ? position < 0 && after <= 0 : position > 0 && after >= 0;
    };
    bool expected = true;
    for (auto& scope : scopes)
      if (scope.limits != risk_limits{})
        expected = expected && closes(facts.of(scope.kind).exposure);
    bool passes =
        check_order(order, facts, table.of(strategy_id{0}, symbol_id{0})).outcome == v::approved;
    CHECK(passes == expected);
    approved += passes ? 1 : 0;
  }
  CHECK(approved > 200);
}

} // namespace tickmesh::closing_order_test
