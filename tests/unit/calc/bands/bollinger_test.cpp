// The bands of single windows: on the band, flat, next to the greatest price, and the 256-bit
// comparison behind the decision.
#include "actors/calc/bands/price_history.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace tickmesh::bollinger_test {

namespace {

constexpr std::int64_t highest = 999'999 * decimal_scale - 1;
constexpr std::int64_t width_two = 2 * decimal_scale;

bollinger_value value_of(const std::vector<std::int64_t>& prices, std::uint32_t period,
                         std::int64_t width = width_two) {
  bollinger bands{period, width};
  price_history history{period};
  price_window window;
  history.extend(prices, window);
  REQUIRE(history.size() == period);
  auto value = bands.value(history.sums(period));
  auto last = bands.value(window.sums(prices.size() - 1, period));
  CHECK(last.signal == value.signal);
  CHECK(last.lower == value.lower);
  std::vector<std::int64_t> states(prices.size());
  bool any = window.decide(bands, states);
  CHECK(states.back() == value.signal);
  bool all_zero = std::all_of(states.begin(), states.end(), [](auto state) { return state == 0; });
  CHECK((any || all_zero)); // what is not looked at must be 0
  return value;
}

/// 16 prices `a`, three `b` and then `last`: for last = b exactly on the band of two deviations,
/// for (20 b - S)^2 = (16 (b - a))^2 = 4 * 64 (b - a)^2 = 4 V.
std::vector<std::int64_t> sixteen_and_four(std::int64_t a, std::int64_t b, std::int64_t last) {
  std::vector<std::int64_t> out(16, a);
  out.insert(out.end(), {b, b, b, last});
  return out;
}

using wide = std::array<std::uint64_t, 8>; ///< base 2^32, least digit first

/// Long multiplication, digit by digit.
wide multiply(uint128 a, std::uint64_t b) {
  wide out{};
  for (std::size_t i = 0; i < 4; ++i) {
    for (std::size_t j = 0; j < 2; ++j) {
      auto product = static_cast<std::uint64_t>(static_cast<std::uint32_t>(a >> (32 * i))) *
                     static_cast<std::uint32_t>(b >> (32 * j));
      for (auto k = i + j; product != 0; ++k) {
        product += out[k];
        out[k] = static_cast<std::uint32_t>(product);
        product >>= 32;
      }
    }
  }
  return out;
}

bool is_greater(const wide& a, const wide& b) {
  for (std::size_t i = a.size(); i-- > 0;)
    if (a[i] != b[i]) return a[i] > b[i];
  return false;
}

} // namespace

TEST_CASE("a price exactly on a band is no signal, and one unit beyond it is") {
  constexpr std::array<std::int64_t, 7> distances{1, 2, 7, 99, 12'345, 100'000'000, 19'999'999'999};
  int checked = 0;
  for (auto a : {decimal_scale, 12'485 * decimal_scale, highest / 2, highest - 20'000'000'000}) {
    for (auto distance : distances) {
      for (std::int64_t sign : {1, -1}) {
        auto b = a + sign * distance;
        if (b <= 0) continue;
        CAPTURE(a);
        CAPTURE(b);
        CHECK(value_of(sixteen_and_four(a, b, b), 20).signal == 0);
        CHECK(value_of(sixteen_and_four(a, b, b + sign), 20).signal == -sign);
        CHECK(value_of(sixteen_and_four(a, b, b - sign), 20).signal == 0);
        ++checked;
      }
    }
  }
  CHECK(checked >= 50);
}

TEST_CASE("bands below zero and across it are those of the same prices above it, moved") {
  auto above = sixteen_and_four(60 * decimal_scale, 50 * decimal_scale, 50 * decimal_scale - 1);
  auto expected = value_of(above, 20);
  CHECK(expected.signal == 1);
  for (auto moved_by : {55, 60, 97, 900'000}) {
    auto prices = above;
    for (auto& p : prices)
      p -= moved_by * decimal_scale;
    auto value = value_of(prices, 20);
    CHECK(value.signal == expected.signal);
    CHECK(value.percent_b == expected.percent_b);
    CHECK(value.middle == doctest::Approx(expected.middle - moved_by).epsilon(1e-12));
    CHECK(value.lower == doctest::Approx(expected.lower - moved_by).epsilon(1e-12));
  }
  auto on_the_band =
      sixteen_and_four(-40 * decimal_scale, -50 * decimal_scale, -50 * decimal_scale);
  CHECK(value_of(on_the_band, 20).signal == 0);
}

TEST_CASE("the width decides to its fourth decimal") {
  auto prices = sixteen_and_four(highest - 1, highest, highest);
  constexpr std::int64_t step = decimal_scale / 10'000;
  CHECK(value_of(prices, 20, width_two + step).signal == 0);
  CHECK(value_of(prices, 20, width_two).signal == 0);
  CHECK(value_of(prices, 20, width_two - step).signal == -1);
}

TEST_CASE("a flat window has no percent b, no width and no signal") {
  for (auto p : {std::int64_t{1}, 12'485 * decimal_scale, highest}) {
    auto value = value_of(std::vector<std::int64_t>(45, p), 20);
    CHECK_FALSE(value.percent_b.has_value());
    CHECK(value.signal == 0);
    CHECK(value.lower == value.middle);
    CHECK(value.upper == value.middle);
    CHECK(value.middle == doctest::Approx(static_cast<double>(p) / 1e8).epsilon(1e-15));
  }
  // One unit out of twenty is enough.
  std::vector<std::int64_t> prices(20, highest);
  prices.back() = highest - 1;
  auto value = value_of(prices, 20);
  REQUIRE(value.percent_b.has_value());
  CHECK(value.signal == 1);
  // z of one different price out of Q is the root of Q - 1.
  CHECK(*value.percent_b == doctest::Approx(0.5 - std::sqrt(19.0) / 4).epsilon(1e-14));
}

TEST_CASE("a window forgets a price once it has left") {
  random_numbers random{3};
  bollinger bands{20, width_two};
  price_history history{20};
  price_window window;
  std::vector<std::int64_t> last_prices;
  for (int i = 0; i < 100'020; ++i) {
    auto p = i < 100'000 ? 1 + random.below(highest) : highest - random.below(5);
    if (i >= 100'000) last_prices.push_back(p);
    history.extend({&p, 1}, window);
  }
  auto fresh = value_of(last_prices, 20);
  auto old = bands.value(history.sums(20));
  CHECK(old.lower == fresh.lower);
  CHECK(old.middle == fresh.middle);
  CHECK(old.upper == fresh.upper);
  CHECK(old.percent_b == fresh.percent_b);
  CHECK(old.signal == fresh.signal);
}

TEST_CASE("the longest window of the greatest and smallest prices stays within 128 bits") {
  std::vector<std::int64_t> prices;
  for (std::uint32_t i = 0; i < bollinger::period_max; ++i)
    prices.push_back(i % 2 == 0 ? highest : 1);
  auto value = value_of(prices, bollinger::period_max, 100 * decimal_scale);
  CHECK(value.middle == doctest::Approx(499'999.5).epsilon(1e-9));
  CHECK(value.upper - value.middle == doctest::Approx(100 * 499'999.5).epsilon(1e-9));
  CHECK(value.signal == 0);
  CHECK(value_of(prices, bollinger::period_max, decimal_scale / 10'000).signal == 1);
}

TEST_CASE("products are compared as if numbers had no largest value") {
  random_numbers random{17};
  int greater = 0, not_greater = 0, equal = 0;
  auto draw = [&](int bits_max) {
    auto wide_number = (static_cast<uint128>(random.next()) << 64) | random.next();
    return wide_number >> (128 - 1 - random.below(bits_max));
  };
  auto check = [&](uint128 a, std::uint64_t a_factor, uint128 b, std::uint64_t b_factor) {
    auto left = multiply(a, a_factor), right = multiply(b, b_factor);
    bool expected = is_greater(left, right);
    CHECK(product_is_greater(a, a_factor, b, b_factor) == expected);
    (left == right ? equal : expected ? greater : not_greater)++;
  };
  for (int i = 0; i < 20'000; ++i)
    check(draw(128), static_cast<std::uint64_t>(draw(64)), draw(128),
          static_cast<std::uint64_t>(draw(64)));
  // Equal products, and their neighbours.
  for (int i = 0; i < 20'000; ++i) {
    auto common = draw(64);
    auto x = static_cast<std::uint64_t>(draw(63)), y = static_cast<std::uint64_t>(draw(63));
    check(common * x, y, common * y, x);
    check(common * x + 1, y, common * y, x);
    check(common * x, y, common * y + 1, x);
  }
  auto most = ~uint128{};
  check(most, UINT64_MAX, most, UINT64_MAX);
  check(most, UINT64_MAX, most, UINT64_MAX - 1);
  check(most - 1, UINT64_MAX, most, UINT64_MAX);
  CHECK(equal >= 20'000);
  CHECK(greater >= 10'000);
  CHECK(not_greater >= 10'000);
}

} // namespace tickmesh::bollinger_test
