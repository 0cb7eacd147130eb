// What the exposure book makes of changes while positions are open: of what is limited, and of
// instruments.
#include "actors/execution/risk/exposure_book.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::exposure_book_test {

using namespace risk_desk;

namespace {

constexpr symbol_id symbol{0};
constexpr strategy_id strategy{1};

/// Two lots, bought at 100 and worth 103, of a multiplier of 10.
exposure_book book_with_position() {
  exposure_book out{{10 * unit}, 2};
  out.apply_fill({.symbol = symbol,
                  .strategy = strategy,
                  .direction = side::buy,
                  .at = at(100),
                  .volume = lots(2)},
                 cash(1));
  out.apply_mark({.symbol = symbol, .trading_day = first_day, .last = at(103)});
  return out;
}

} // namespace

TEST_CASE("what a strategy holds when its sums begin to be limited is in them") {
  auto book = book_with_position();
  auto pnl = book.strategy_day_pnl(strategy);
  book.follow_strategies(true);
  CHECK(book.strategy_sums(strategy) == exposure_sums{cash(2'060), cash(2'060), cash(2'060)});
  CHECK(book.strategy_day_pnl(strategy) == pnl);
  book.apply_mark({.symbol = symbol, .trading_day = first_day, .last = at(104)});
  CHECK(book.strategy_sums(strategy).gross == cash(2'080));
  CHECK(book.strategy_day_pnl(strategy) == pnl + cash(20));
}

TEST_CASE("exposures are valued by a new multiplier at once, and profit from then on") {
  auto book = book_with_position();
  auto pnl = book.symbol_day_pnl(symbol);
  book.change_multiplier(symbol, 20 * unit);
  CHECK(book.symbol_day_pnl(symbol) == pnl);
  CHECK(book.account_sums().gross == cash(4'120));
  book.apply_mark({.symbol = symbol, .trading_day = first_day, .last = at(104)});
  CHECK(book.symbol_day_pnl(symbol) == pnl + cash(40));
}

} // namespace tickmesh::exposure_book_test
