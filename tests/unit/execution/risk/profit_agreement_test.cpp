// Position book and exposure book value the same positions apart from each other, and must agree to
// the last 1e-8.
#include "actors/execution/risk/exposure_book.hpp"
#include "tests/support/risk_desk.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

namespace tickmesh::profit_agreement_test {

using namespace risk_desk;

TEST_CASE("both books come to the same profit on random marks, fills and accepted positions") {
  constexpr std::size_t symbols = 3;
  constexpr std::size_t strategies = 2;
  std::vector<std::int64_t> multipliers{10 * unit, unit / 4, unit / 3};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    auto below = [&random](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
    std::vector<position_terms> terms;
    for (auto multiplier : multipliers)
      terms.push_back({.multiplier = multiplier,
                       .fees = {.open = {.ratio = 12'345}, .close = {.amount = 7}},
                       .model = position_model::today_first});
    position_book positions{terms};
    exposure_book exposures{multipliers, strategies};
    exposures.follow_strategies(seed % 2 == 0);
    std::map<std::size_t, money> base; // of the day, by strategy slot
    auto totals_of = [&](std::size_t slot) {
      auto t = positions.strategy_totals({}, strategy_of(slot));
      return t.realised + t.unrealised - t.fees;
    };
    std::int32_t day = first_day;
    market_mark opening{.trading_day = day, .has_book = false};
    positions.apply_mark(opening);
    exposures.apply_mark(opening);
    auto some_price = [&] { return price{below(2'000'003) * 100 - 50'000'000}; };
    for (int step = 0; step < 200; ++step) {
      symbol_id symbol{static_cast<std::uint32_t>(below(symbols))};
      auto t = ms(step);
      switch (below(5)) {
      case 0:
      case 1: {
        if (below(15) == 0) {
          ++day;
          for (std::size_t slot = 0; slot <= strategies; ++slot)
            base[slot] = totals_of(slot);
        }
        market_mark mark{.symbol = symbol, .trading_day = day, .effective_time = t};
        if (seed % 3 != 0 && below(4) == 0) mark.last = some_price();
        mark.has_book = below(5) != 0;
        if (mark.has_book && below(3) != 0) mark.bid = some_price();
        if (mark.has_book && below(3) != 0)
          mark.ask = (mark.bid == no_price ? some_price() : mark.bid) + price{below(99)};
        positions.apply_mark(mark);
        exposures.apply_mark(mark);
        break;
      }
      case 2: {
        quantity change{below(9'000'000'000) - 4'500'000'000};
        positions.accept(symbol, change, t);
        exposures.accept(symbol, change);
        break;
      }
      default: {
        auto slot = static_cast<std::size_t>(below(strategies + 1));
        position_fill fill{.symbol = symbol,
                           .strategy = strategy_of(slot),
                           .direction = below(2) == 0 ? side::buy : side::sell,
                           .at = some_price(),
                           .volume = quantity{below(5'000'000'000) + 1},
                           .time = t};
        auto before = positions.fees();
        positions.apply_fill(fill);
        exposures.apply_fill(fill, positions.fees() - before);
      }
      }
      money of_symbols{};
      for (std::uint32_t s = 0; s < symbols; ++s) {
        of_symbols += exposures.symbol_day_pnl(symbol_id{s});
        CHECK(exposures.exposure(symbol_id{s}).position == positions.net_position(symbol_id{s}));
      }
      CHECK(of_symbols == positions.day_pnl());
      for (std::size_t slot = 0; slot <= strategies; ++slot)
        CHECK(exposures.strategy_day_pnl(strategy_of(slot)) == totals_of(slot) - base[slot]);
      for (auto& row : positions.rows()) {
        CHECK(exposures.exposure(row.symbol, row.strategy).position == row.held);
        if (row.mark != no_price) CHECK(exposures.valued_at(row.symbol) == row.mark);
      }
    }
  }
}

} // namespace tickmesh::profit_agreement_test
