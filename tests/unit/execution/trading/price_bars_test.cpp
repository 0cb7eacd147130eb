// Bars of prices against the prices themselves.
#include "actors/execution/trading/price_bars.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

namespace tickmesh::price_bars_test {

namespace {

struct priced {
  timestamp time{};
  price value{};
};

market_mark mark_of(symbol_id symbol, timestamp t, price last) {
  market_mark out{.symbol = symbol, .trading_day = 20240102, .effective_time = t};
  out.last = last;
  return out;
}

} // namespace

TEST_CASE("bars hold what happened in them, and are few") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    constexpr std::size_t bars_max = 16;
    price_bars bars{2, bars_max};
    std::map<std::uint32_t, std::vector<priced>> prices;
    std::int64_t ns = 1'704'186'000'000'000'000;
    for (int i = 0; i < 3'000; ++i) {
      if (i == 1'500) ns += 3'600'000'000'000; // a pause
      ns += static_cast<std::int64_t>(random() % (seed * 4'000'000));
      symbol_id symbol{static_cast<std::uint32_t>(random() % 3)}; // one more than was known
      price value{static_cast<std::int64_t>(1'000 + random() % 100)};
      prices[symbol.value].push_back({from_ns(ns), value});
      bars.apply(mark_of(symbol, from_ns(ns), value));
    }
    auto rows = bars.rows();
    CHECK(std::ranges::is_sorted(rows, {}, &price_bar::begin));
    for (auto& [symbol, all] : prices) {
      std::vector<price_bar> own;
      std::ranges::copy_if(rows, std::back_inserter(own),
                           [&](auto& bar) { return bar.symbol.value == symbol; });
      CHECK(own.size() <= bars_max);
      CHECK(own.size() > bars_max / 4);
      std::size_t covered = 0;
      for (auto& bar : own) {
        CHECK(bar.interval == own.front().interval);
        CHECK(bar.begin.time_since_epoch() % bar.interval == nanoseconds::zero());
        std::vector<price> inside;
        for (auto& p : all)
          if (p.time >= bar.begin && p.time < bar.begin + bar.interval) inside.push_back(p.value);
        REQUIRE(!inside.empty());
        CHECK(bar.open == inside.front());
        CHECK(bar.close == inside.back());
        CHECK(bar.high == *std::ranges::max_element(inside));
        CHECK(bar.low == *std::ranges::min_element(inside));
        covered += inside.size();
      }
      CHECK(covered == all.size());
    }
  }
}

TEST_CASE("a mark that tells no price makes no bar") {
  price_bars bars{1};
  auto mark = mark_of(symbol_id{0}, from_ns(1'704'186'000'000'000'000), no_price);
  bars.apply(mark);
  CHECK(bars.rows().empty());
  mark.bid = price{10};
  mark.ask = price{20};
  bars.apply(mark);
  REQUIRE(bars.rows().size() == 1);
  CHECK(bars.rows().front().close == price{15});
}

} // namespace tickmesh::price_bars_test
