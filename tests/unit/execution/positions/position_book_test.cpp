// Positions and profit against figures worked out by hand and against a full recomputation.
#include "actors/execution/positions/position_book.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <random>
#include <vector>

namespace tickmesh::position_book_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr money cash(std::int64_t n) {
  return money{int128{n} * unit};
}
constexpr symbol_id first{0};
constexpr strategy_id one{0};
constexpr strategy_id two{1};

/// A net position and no fees in each symbol.
position_book make_book(const std::vector<std::int64_t>& multipliers) {
  std::vector<position_terms> terms;
  for (auto multiplier : multipliers)
    terms.push_back({.multiplier = multiplier});
  return position_book{std::move(terms)};
}

position_fill fill(side s, std::int64_t p, std::int64_t q, strategy_id strategy = one) {
  return {.symbol = first,
          .strategy = strategy,
          .direction = s,
          .at = price{p * unit},
          .volume = quantity{q * unit},
          .time = from_ns(5)};
}

market_mark mark(std::int64_t last, std::int32_t day = 20240102) {
  return {.symbol = first,
          .trading_day = day,
          .effective_time = from_ns(7),
          .last = last == 0 ? no_price : price{last * unit}};
}

} // namespace

TEST_CASE("profit is unrealised while a position is open and realised when it closes") {
  auto book = make_book({10 * unit});
  book.apply_fill(fill(side::buy, 100, 2));
  CHECK(book.total_pnl() == cash(0)); // at the fill's price while there is no mark
  book.apply_mark(mark(103));
  CHECK(book.unrealised_pnl() == cash(60));
  CHECK(book.realised_pnl() == cash(0));
  book.apply_fill(fill(side::sell, 105, 1));
  CHECK(book.realised_pnl() == cash(50));
  CHECK(book.unrealised_pnl() == cash(30));
  book.apply_fill(fill(side::sell, 99, 1));
  CHECK(book.realised_pnl() == cash(40));
  CHECK(book.unrealised_pnl() == cash(0));
  CHECK(book.open_positions() == 0);
}

TEST_CASE("a fill through zero closes the old position and opens the new one at its price") {
  auto book = make_book({unit});
  book.apply_fill(fill(side::buy, 100, 3));
  book.apply_fill(fill(side::sell, 110, 5));
  auto row = book.rows().at(0);
  CHECK(row.held == quantity{-2 * unit});
  CHECK(row.average_cost == price{110 * unit});
  CHECK(row.realised == cash(30));
  book.apply_fill(fill(side::buy, 100, 4));
  row = book.rows().at(0);
  CHECK(row.held == quantity{2 * unit});
  CHECK(row.average_cost == price{100 * unit});
  CHECK(row.realised == cash(50));
}

TEST_CASE("an average cost that does not divide leaves no rounding behind") {
  auto book = make_book({unit});
  book.apply_fill(fill(side::buy, 100, 1));
  book.apply_fill(fill(side::buy, 101, 2));
  CHECK(book.rows().at(0).average_cost == price{10'066'666'666}); // 302 / 3, towards zero
  book.apply_fill(fill(side::sell, 100, 1));
  CHECK(book.realised_pnl() == money{-66'666'667}); // 100 - 302 / 3, rounded down
  for (int i = 0; i < 2; ++i)
    book.apply_fill(fill(side::sell, 100, 1));
  CHECK(book.realised_pnl() == cash(-2));
  CHECK(book.total_pnl() == cash(-2));
}

TEST_CASE("strategies keep their own positions and the symbol has their sum") {
  auto book = make_book({unit});
  book.apply_fill(fill(side::buy, 100, 3, one));
  book.apply_fill(fill(side::sell, 104, 1, two));
  CHECK(book.net_position(first) == quantity{2 * unit});
  book.apply_mark(mark(102));
  auto rows = book.rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].unrealised == cash(6));
  CHECK(rows[1].unrealised == cash(2));
  CHECK(book.unrealised_pnl() == cash(8));
  CHECK(rows[1].mark == price{102 * unit});
}

TEST_CASE("a mark without a last price leaves the last one in force") {
  auto book = make_book({unit});
  book.apply_fill(fill(side::buy, 100, 1));
  book.apply_mark(mark(90));
  book.apply_mark(mark(0));
  CHECK(book.total_pnl() == cash(-10));
}

TEST_CASE("the daily result starts again when a later trading day appears") {
  auto book = make_book({unit});
  book.apply_mark(mark(100, 20240102));
  book.apply_fill(fill(side::buy, 100, 1));
  book.apply_mark(mark(80, 20240102));
  CHECK(book.day_pnl() == cash(-20));
  book.apply_mark(mark(75, 20240103)); // the step to its first price is the new day's
  CHECK(book.day_pnl() == cash(-5));
  book.apply_mark(mark(70, 20240102)); // a straggler of the old day changes no base
  CHECK(book.day_pnl() == cash(-10));
  CHECK(book.trading_day() == 20240103);
  CHECK(book.total_pnl() == cash(-30));
}

TEST_CASE("a fraction of a money unit is rounded down once and does not accumulate") {
  auto book = make_book({1}); // multiplier 1e-8: everything is below one unit
  for (int i = 0; i < 1000; ++i) {
    book.apply_fill(fill(side::buy, 2, 1));
    book.apply_fill(fill(side::sell, 1, 1));
  }
  CHECK(book.total_pnl() == money{-1000});
  auto fine = make_book({unit});
  fine.apply_fill({.symbol = first, .direction = side::buy, .at = price{3}, .volume = quantity{3}});
  fine.apply_fill(
      {.symbol = first, .direction = side::sell, .at = price{1}, .volume = quantity{3}});
  CHECK(fine.total_pnl() == money{-1}); // -6e-16, never understated
}

TEST_CASE("the incremental account result equals a recomputation over all symbols") {
  constexpr std::size_t symbols = 20;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    std::vector<std::int64_t> multipliers;
    for (std::size_t i = 0; i < symbols; ++i)
      multipliers.push_back(static_cast<std::int64_t>(random() % 1000 + 1) * unit / 7);
    auto book = make_book(multipliers);
    std::map<std::uint32_t, std::pair<int128, int128>> sums; // held, cash in 1e-16
    std::map<std::uint32_t, std::int64_t> last;
    for (int step = 0; step < 400; ++step) {
      auto symbol = static_cast<std::uint32_t>(random() % symbols);
      auto p = static_cast<std::int64_t>(random() % (100 * unit) + 1);
      if (random() % 2 == 0) {
        book.apply_mark({.symbol = symbol_id{symbol}, .last = price{p}});
        last[symbol] = p;
      } else {
        auto q = static_cast<std::int64_t>(random() % (5 * unit) + 1);
        auto s = random() % 2 == 0 ? side::buy : side::sell;
        book.apply_fill({.symbol = symbol_id{symbol},
                         .strategy = strategy_id{static_cast<std::uint16_t>(random() % 3)},
                         .direction = s,
                         .at = price{p},
                         .volume = quantity{q}});
        auto change = s == side::buy ? q : -q;
        sums[symbol].first += change;
        sums[symbol].second -= int128{change} * p;
      }
    }
    for (std::uint32_t i = 0; i < symbols; ++i) { // every symbol has a mark from here on
      book.apply_mark({.symbol = symbol_id{i}, .last = price{50 * unit}});
      last[i] = 50 * unit;
    }
    int128 total = 0;
    for (auto& [symbol, s] : sums) {
      auto exact = (s.second + s.first * last[symbol]) * multipliers[symbol];
      int128 scale = int128{unit} * unit;
      total += exact / scale - (exact % scale < 0 ? 1 : 0);
    }
    CHECK(book.total_pnl().value == total);
    int128 rows = 0;
    for (auto& row : book.rows())
      rows += (row.realised + row.unrealised).value;
    CHECK(rows <= total); // each row is rounded down by itself
    CHECK(rows >= total - static_cast<int128>(book.rows().size()));
  }
}

} // namespace tickmesh::position_book_test
