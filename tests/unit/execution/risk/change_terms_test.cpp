// Terms of an instrument that change while it is held: what was earned stays as it is.
#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/risk/exposure_book.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>

namespace tickmesh::change_terms_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr symbol_id symbol{0};

market_mark mark_at(std::int64_t last, std::int32_t day = 20240102) {
  return {.symbol = symbol, .trading_day = day, .last = price{last}};
}

position_fill fill_of(std::int64_t change, std::int64_t at, std::uint16_t strategy = 0) {
  return {.symbol = symbol,
          .strategy = strategy_id{strategy},
          .direction = change > 0 ? side::buy : side::sell,
          .at = price{at},
          .volume = quantity{std::abs(change)}};
}

} // namespace

TEST_CASE("what a position has earned by one multiplier stays, and it earns by the other after") {
  position_book book{{position_terms{.multiplier = 10 * unit}}};
  book.apply_mark(mark_at(100 * unit));
  book.apply_fill(fill_of(3 * unit, 100 * unit));
  book.apply_fill(fill_of(-1 * unit, 104 * unit)); // realises 40
  book.apply_mark(mark_at(110 * unit));            // and 200 are open
  book.change_terms(symbol, {.multiplier = 20 * unit});
  CHECK(book.realised_pnl().value == 40 * unit);
  CHECK(book.unrealised_pnl().value == 200 * unit);
  CHECK(book.day_pnl().value == 240 * unit);
  CHECK(book.row(symbol, strategy_id{0}).realised.value == 40 * unit);
  CHECK(book.row(symbol, strategy_id{0}).unrealised.value == 200 * unit);
  CHECK(book.row(symbol, strategy_id{0}).realised_fifo.value == 40 * unit);
  book.apply_mark(mark_at(111 * unit));
  CHECK(book.unrealised_pnl().value == 240 * unit);
  book.apply_fill(fill_of(-1 * unit, 111 * unit));
  CHECK(book.realised_pnl().value == 160 * unit);
  CHECK(book.unrealised_pnl().value == 120 * unit);
  book.apply_fill(fill_of(-1 * unit, 111 * unit));
  CHECK(book.realised_pnl().value == 280 * unit);
  CHECK(book.unrealised_pnl().value == 0);
  auto row = book.row(symbol, strategy_id{0});
  CHECK(row.realised.value == 280 * unit);
  CHECK(row.realised_fifo.value == 280 * unit);
}

TEST_CASE(
    "changes of the multiplier at any moment change no sum, to the last digit of all earned") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    bool awkward = seed % 2 == 0; // amounts of which 1e-8 is not the last digit
    auto draw_price = [&] {
      return static_cast<std::int64_t>(50 + random() % 100) * unit +
             (awkward ? static_cast<std::int64_t>(random() % unit) : 0);
    };
    auto draw_volume = [&] {
      auto size = awkward ? static_cast<std::int64_t>(1 + random() % (5 * unit))
                          : static_cast<std::int64_t>(1 + random() % 5) * unit;
      return random() % 2 == 0 ? size : -size;
    };
    position_book book{{position_terms{.multiplier = 10 * unit}}};
    exposure_book exposures{{10 * unit}, 2};
    exposures.follow_strategies(seed % 3 == 0);
    auto fill = [&](const position_fill& f) {
      book.apply_fill(f);
      exposures.apply_fill(f);
    };
    auto mark = [&](std::int64_t last, std::int32_t day) {
      book.apply_mark(mark_at(last, day));
      exposures.apply_mark(mark_at(last, day));
    };
    mark(draw_price(), 20240102);
    for (int step = 0; step < 60; ++step) {
      fill(fill_of(draw_volume(), draw_price(), static_cast<std::uint16_t>(random() % 2)));
      mark(draw_price(), step < 30 ? 20240102 : 20240103);
      if (random() % 5 != 0) continue;
      auto rows = book.rows();
      auto total = book.total_pnl(), day = book.day_pnl(), realised = book.realised_pnl();
      auto of_symbol = exposures.symbol_day_pnl(symbol);
      auto of_strategy = exposures.strategy_day_pnl(strategy_id{1});
      auto multiplier = static_cast<std::int64_t>(1 + random() % (300 * unit));
      book.change_terms(symbol, {.multiplier = multiplier});
      exposures.change_multiplier(symbol, multiplier);
      REQUIRE(book.total_pnl() == total);
      REQUIRE(book.day_pnl() == day);
      REQUIRE(std::abs(static_cast<std::int64_t>((book.realised_pnl() - realised).value)) <= 1);
      REQUIRE(exposures.symbol_day_pnl(symbol) == of_symbol);
      REQUIRE(exposures.strategy_day_pnl(strategy_id{1}) == of_strategy);
      auto after = book.rows();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        REQUIRE(after[i].held == rows[i].held);
        REQUIRE(after[i].realised + after[i].unrealised == rows[i].realised + rows[i].unrealised);
        REQUIRE(std::abs(static_cast<std::int64_t>((after[i].realised - rows[i].realised).value)) <=
                1);
      }
    }
    for (auto& row : book.rows())
      if (row.held != quantity{}) fill(fill_of(-row.held.value, draw_price(), row.strategy.value));
    CHECK(book.unrealised_pnl() == money{});
    for (auto& row : book.rows()) {
      CHECK(row.unrealised == money{});
      CHECK(row.realised_fifo == row.realised);
    }
  }
}

TEST_CASE("a position whose days are no longer kept apart is all of one day") {
  position_book book{{position_terms{.multiplier = unit, .model = position_model::today_first}}};
  book.apply_mark(mark_at(100 * unit));
  book.apply_fill(fill_of(2 * unit, 100 * unit));
  CHECK(book.row(symbol, strategy_id{0}).today.value == 2 * unit);
  book.change_terms(symbol, {.multiplier = unit, .model = position_model::net});
  CHECK(book.row(symbol, strategy_id{0}).today == quantity{});
  CHECK(book.split(symbol, strategy_id{0}, side::sell, quantity{2 * unit}) ==
        order_split{.close_yesterday = quantity{2 * unit}});
}

TEST_CASE("a symbol that is new has the terms that it came with") {
  position_book book{{position_terms{.multiplier = unit}}};
  book.change_terms(symbol_id{2}, {.multiplier = 5 * unit});
  auto fill = fill_of(unit, 10 * unit);
  fill.symbol = symbol_id{2};
  book.apply_fill(fill);
  fill.at = price{12 * unit};
  fill.direction = side::sell;
  book.apply_fill(fill);
  CHECK(book.realised_pnl().value == 10 * unit);
}

} // namespace tickmesh::change_terms_test
