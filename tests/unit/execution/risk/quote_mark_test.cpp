// Positions in symbols that are quoted and not traded are worth what their book says.
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace tickmesh::quote_mark_test {

using namespace risk_desk;

namespace {

desk quoted_desk(std::optional<std::int64_t> daily_loss_max = std::nullopt) {
  auto settings = open_settings();
  if (daily_loss_max) settings.limits.daily_loss_max = cash(*daily_loss_max);
  return desk{settings};
}

/// Of all that is valued by the mark: the account's profit, the symbol's and the strategy's, a row.
void check_profit(desk& d, money expected, price mark) {
  CHECK(d.state.totals().day_pnl == expected);
  auto facts = d.state.facts({.symbol = symbol_id{0}}, d.now);
  CHECK(facts.account.day_pnl == expected);
  CHECK(facts.strategy.day_pnl == expected);
  CHECK(facts.of_symbol.day_pnl == expected);
  CHECK(facts.valued_at == mark);
  CHECK(d.state.positions().at(0).mark == mark);
  CHECK(d.state.positions().at(0).unrealised == expected);
}

} // namespace

TEST_CASE("a bid that falls is a loss though nothing was ever traded, and the loss limit sees it") {
  auto d = quoted_desk(4'000);
  d.mark(ms(0), 0, no_price, at(100));
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  d.mark(ms(2), 0, no_price, at(50));
  check_profit(d, cash(-5'000), at(50));
  CHECK(d.state.positions().at(0).updated == ms(2));
  CHECK(d.ask(ms(3), {.at = 50}) == verdict::daily_loss_limit);
  CHECK(d.ask(ms(3), {.direction = -1, .at = 50, .volume = 10}) == verdict::approved);
}

TEST_CASE("a book of two sides counts at its middle, an empty one as it last was") {
  auto d = quoted_desk();
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  check_profit(d, cash(0), at(100)); // the fill's
  d.mark(ms(2), 0, no_price, at(90), at(94));
  check_profit(d, cash(-800), at(92));
  d.mark(ms(3), 0, no_price);
  check_profit(d, cash(-800), at(92));
  d.mark(ms(4), 0, no_price, no_price, at(80));
  check_profit(d, cash(-2'000), at(80));
  auto more = d.open_order(ms(5), {.volume = 10}); // at 100: the book says what it is worth
  d.fill_all(ms(5), more);
  check_profit(d, cash(-4'000), at(80));
}

TEST_CASE("once there is a last price it counts, however new the quotes are") {
  auto d = quoted_desk();
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  d.mark(ms(2), 0, no_price, at(90), at(94));
  d.mark(ms(3), 0, at(97), at(90), at(94));
  check_profit(d, cash(-300), at(97));
  auto updated = d.state.positions().at(0).updated;
  d.mark(ms(4), 0, no_price, at(50), at(52));
  check_profit(d, cash(-300), at(97));
  CHECK(d.state.positions().at(0).updated == updated);
}

TEST_CASE("a day begins from the middle of the quotes of the day before") {
  auto d = quoted_desk();
  auto bought = d.open_order(ms(1), {.volume = 10});
  d.fill_all(ms(1), bought);
  d.mark(ms(2), 0, no_price, at(90), at(94));
  d.mark(ms(3), 0, no_price, at(70), at(74), first_day + 1);
  CHECK(d.state.totals().day_pnl == cash(-2'000));
  auto facts = d.state.facts({.symbol = symbol_id{0}}, d.now);
  CHECK(facts.of_symbol.day_pnl == cash(-2'000));
  CHECK(facts.strategy.day_pnl == cash(-2'000));
}

TEST_CASE("quotes below zero count by their middle, rounded down") {
  symbol_mark mark;
  CHECK(mark.value() == no_price);
  mark.apply_fill(price{7});
  CHECK(mark.value() == price{7});
  CHECK(mark.apply({.bid = price{-4}, .ask = price{-1}}));
  CHECK(mark.value() == price{-3});
  CHECK_FALSE(mark.apply({.bid = price{9}, .has_book = false}));
  CHECK_FALSE(mark.apply({}));
  mark.apply_fill(price{8});
  CHECK(mark.value() == price{-3});
  CHECK(mark.apply({.last = price{0}}));
  CHECK_FALSE(mark.apply({.bid = price{5}}));
  CHECK(mark.value() == price{0});
}

} // namespace tickmesh::quote_mark_test
