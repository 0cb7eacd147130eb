// Rates, duplicates and open orders against the plainest way to count them.
#include "actors/execution/orders/open_orders.hpp"
#include "actors/execution/orders/order_rates.hpp"
#include "actors/execution/risk/duplicate_window.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

namespace tickmesh::order_rates_test {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

std::uint64_t count_in_second(const std::vector<timestamp>& times, timestamp t) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      times, [t](timestamp at) { return at > t - std::chrono::seconds{1} && at <= t; }));
}

} // namespace

TEST_CASE("an order counts for one second, its first moment included and its last not") {
  rate_window window;
  window.add(from_ns(5 * second_ns));
  window.add(from_ns(5 * second_ns));
  CHECK(window.count(from_ns(5 * second_ns)) == 2);
  CHECK(window.count(from_ns(6 * second_ns - 1)) == 2);
  CHECK(window.count(from_ns(6 * second_ns)) == 0);
}

TEST_CASE("sliding counts equal those of all times, whatever the bursts") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    rate_window window;
    std::vector<timestamp> times;
    auto t = from_ns(second_ns);
    for (int i = 0; i < 2'000; ++i) {
      // Bursts at one moment, gaps at the very edge of the second, and long pauses.
      static constexpr std::int64_t gaps[] = {0, 0, 1, 999'999, second_ns - 1, second_ns};
      t += nanoseconds{gaps[random() % (random() % 16 == 0 ? 6 : 4)]};
      if (random() % 3 == 0) {
        CHECK(window.count(t) == count_in_second(times, t));
      } else {
        window.add(t);
        times.push_back(t);
      }
    }
  }
}

TEST_CASE("a burst beyond any limit is counted as above it in bounded memory") {
  rate_window window;
  for (std::size_t i = 0; i < 3 * rate_window::times_max; ++i)
    window.add(from_ns(second_ns + static_cast<std::int64_t>(i)));
  CHECK(window.count(from_ns(second_ns + 1'000'000)) == orders_per_second_limit + 1);
  CHECK(window.count(from_ns(3 * second_ns)) == 0);
}

TEST_CASE("totals of the day start again with the trading day, the second goes on") {
  order_rates rates;
  rates.add_order(from_ns(second_ns), 20240102);
  rates.add_cancel(from_ns(second_ns), 20240102);
  CHECK(rates.usage(from_ns(second_ns), 20240102) == rate_usage{1, 1, 1, 1});
  CHECK(rates.usage(from_ns(second_ns), 20240103) == rate_usage{1, 1, 0, 0});
}

TEST_CASE("programme counts tell the peak, the seconds above the rate, and the day's totals") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    programme_counter counter{10};
    programme_counts highest;
    auto t = from_ns(second_ns);
    for (std::int32_t day = 1; day <= 3; ++day) {
      programme_counts expected;
      std::vector<timestamp> times;
      std::map<std::int64_t, int> by_second;
      for (int i = 0; i < 400; ++i) {
        t += nanoseconds{static_cast<std::int64_t>(random() % 190'000'000)};
        if (random() % 50 == 0) t += std::chrono::seconds{3};
        bool is_order = random() % 3 != 0;
        is_order ? counter.add_order(t, day) : counter.add_cancel(t, day);
        ++(is_order ? expected.orders : expected.cancels);
        times.push_back(t);
        ++by_second[to_ns(t) / second_ns];
        expected.peak_per_second = std::max(expected.peak_per_second, count_in_second(times, t));
      }
      for (auto& [at, count] : by_second)
        expected.seconds_above += count > 10 ? 1 : 0;
      REQUIRE(expected.seconds_above > 0);
      CHECK(counter.today() == expected);
      highest = {std::max(highest.peak_per_second, expected.peak_per_second),
                 std::max(highest.seconds_above, expected.seconds_above),
                 std::max(highest.orders, expected.orders),
                 std::max(highest.cancels, expected.cancels)};
      CHECK(counter.highest() == highest);
    }
  }
}

TEST_CASE("the age of the last equal order is that of a search through all of them") {
  std::mt19937_64 random{7};
  duplicate_window recent;
  std::vector<std::pair<timestamp, order_request>> all;
  auto t = from_ns(second_ns);
  for (int i = 0; i < 5'000; ++i) {
    t += nanoseconds{static_cast<std::int64_t>(random() % second_ns)};
    if (random() % 100 == 0) t += duplicate_window_longest;
    order_request r{.id = order_id{random()},
                    .symbol = symbol_id{static_cast<std::uint32_t>(random() % 2)},
                    .strategy = strategy_id{static_cast<std::uint16_t>(random() % 2)},
                    .direction = random() % 2 == 0 ? side::buy : side::sell,
                    .limit = price{static_cast<std::int64_t>(random() % 3 + 1)},
                    .volume = quantity{static_cast<std::int64_t>(random() % 3 + 1)}};
    std::optional<nanoseconds> expected;
    for (auto& [at, o] : all)
      if (o.symbol == r.symbol && o.strategy == r.strategy && o.direction == r.direction &&
          o.limit == r.limit && o.volume == r.volume && t - at < duplicate_window_longest)
        expected = t - at;
    CHECK(recent.since_same(r, t) == expected);
    if (random() % 2 == 0) continue;
    recent.add(r, t);
    all.emplace_back(t, r);
  }
}

TEST_CASE("thousands of orders come, go and grow the memory, and each keeps its age") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    duplicate_window recent;
    std::map<std::int64_t, timestamp> last; // by price: all words but it are the same
    auto t = from_ns(second_ns);
    for (int i = 0; i < 30'000; ++i) {
      // Some 2,000 a minute at first, then some 8,000, then few.
      auto gap = i < 5'000 ? 60'000'000 : i < 25'000 ? 15'000'000 : second_ns;
      t += nanoseconds{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(gap))};
      auto at = static_cast<std::int64_t>(random() % 6'000 + 1);
      order_request r{.direction = side::buy, .limit = price{at}, .volume = quantity{1}};
      std::optional<nanoseconds> expected;
      if (auto found = last.find(at);
          found != last.end() && t - found->second < duplicate_window_longest)
        expected = t - found->second;
      REQUIRE(recent.since_same(r, t) == expected);
      recent.add(r, t);
      last[at] = t;
    }
  }
}

TEST_CASE("open quantities and best own prices are those of all open orders") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    open_orders open{2};
    struct known {
      order_request request;
      quantity left;
    };
    std::vector<known> orders;
    for (int i = 0; i < 1'000; ++i) {
      if (orders.empty() || random() % 2 == 0) {
        order_request r{.symbol = symbol_id{static_cast<std::uint32_t>(random() % 2)},
                        .strategy = strategy_id{static_cast<std::uint16_t>(random() % 3)},
                        .direction = random() % 2 == 0 ? side::buy : side::sell,
                        .limit = price{static_cast<std::int64_t>(random() % 9 + 1)},
                        .volume = quantity{static_cast<std::int64_t>(random() % 5 + 1)}};
        open.change(r, {}, r.volume);
        orders.push_back({r, r.volume});
      } else {
        auto& o = orders[random() % orders.size()];
        auto left = quantity{
            static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(o.left.value + 1))};
        open.change(o.request, o.left, left);
        o.left = left;
        std::erase_if(orders, [](auto& k) { return k.left.value == 0; });
      }
      for (std::uint32_t s = 0; s < 2; ++s) {
        open_orders::quantities all;
        price buy = no_price, sell = no_price;
        for (auto& [r, left] : orders) {
          if (r.symbol.value != s) continue;
          bool buys = r.direction == side::buy;
          (buys ? all.buys : all.sells) += left;
          if (buys) buy = std::max(buy, r.limit);
          if (!buys) sell = sell == no_price ? r.limit : std::min(sell, r.limit);
        }
        symbol_id symbol{s};
        CHECK(open.of(symbol).buys == all.buys);
        CHECK(open.of(symbol).sells == all.sells);
        CHECK(open.best_buy(symbol) == buy);
        CHECK(open.best_sell(symbol) == sell);
        quantity parts{};
        for (std::uint16_t strategy = 0; strategy < 4; ++strategy)
          parts += open.of(symbol, strategy_id{strategy}).buys;
        CHECK(parts == all.buys);
      }
    }
  }
}

} // namespace tickmesh::order_rates_test
