// Decimals in 1e-8 units and money, to their limits.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "messages/numbers.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::numbers_test {

namespace {

constexpr std::int64_t most = INT64_MAX;

} // namespace

TEST_CASE("decimals are read exactly to the eighth place") {
  const std::vector<std::pair<std::string, std::int64_t>> cases{
      {"0", 0},
      {"-0", 0},
      {"1", decimal_scale},
      {"+1", decimal_scale},
      {"-1.5", -150'000'000},
      {"0.00000001", 1},
      {"-0.00000001", -1},
      {"12485.2", 1'248'520'000'000},
      {"007", 7 * decimal_scale},
      {"1.10000000000000", 110'000'000},
      {"999998.99999999", 99'999'899'999'999},
      {"92233720368.54775807", most},
      {"-92233720368.54775807", -most},
  };
  for (auto& [text, units] : cases) {
    CAPTURE(text);
    CHECK(parse_decimal(text) == units);
  }
}

TEST_CASE("malformed and oversized decimals are refused") {
  for (std::string text : {"",
                           "+",
                           "-",
                           ".",
                           "1.",
                           ".5",
                           "-.5",
                           "+-1",
                           "--1",
                           "1..2",
                           "1.2.3",
                           "1,5",
                           " 1",
                           "1 ",
                           "1e5",
                           "0x1",
                           "nan",
                           "inf",
                           "1.000000001",
                           "0.123456789",
                           "92233720368.54775808",
                           "-92233720368.54775808",
                           "92233720369",
                           "9223372036854775807",
                           "99999999999999999999999999999999999999999",
                           "340282366920938463463374607431768211456.5",
                           "1_000",
                           "\xc2\xb9"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_decimal(text).has_value());
  }
  CHECK_FALSE(parse_decimal(std::string_view{"1\0", 2}).has_value());
}

TEST_CASE("decimals are written in their shortest exact form") {
  CHECK(format_decimal(0) == "0");
  CHECK(format_decimal(1) == "0.00000001");
  CHECK(format_decimal(-50'000'000) == "-0.5");
  CHECK(format_decimal(6'183'763'000'000) == "61837.63");
  CHECK(format_decimal(most) == "92233720368.54775807");
  CHECK(format_decimal(INT64_MIN) == "-92233720368.54775808");
  CHECK(format_decimal(UINT64_MAX) == "184467440737.09551615");
  CHECK(format_decimal(int128{UINT64_MAX} + 1) == "184467440737.09551616");
  CHECK(format_decimal(-(int128{UINT64_MAX} + 2)) == "-184467440737.09551617");
  auto lowest = static_cast<int128>(uint128{1} << 127);
  CHECK(format_decimal(lowest) == "-1701411834604692317316873037158.84105728");
  CHECK(format_decimal(-(lowest + 1)) == "1701411834604692317316873037158.84105727");
  std::string appended = "x";
  append_decimal(appended, 5 * decimal_scale);
  CHECK(appended == "x5");
}

TEST_CASE("what is written is read back as the same number") {
  random_numbers random{1};
  for (int i = 0; i < 20'000; ++i) {
    auto shift = random.below(63);
    auto units = static_cast<std::int64_t>(random.next() >> 1) >> shift;
    if (random.below(2) == 0) units = -units;
    if (random.below(3) == 0) units -= units % (decimal_scale / 100);
    CHECK(parse_decimal(format_decimal(units)) == units);
  }
}

TEST_CASE("an order's value is its price times quantity times multiplier") {
  CHECK(order_value(price{12'485 * decimal_scale}, quantity{2 * decimal_scale},
                    10 * decimal_scale) == money{249'700 * int128{decimal_scale}});
  CHECK(order_value(price{1}, quantity{decimal_scale}, decimal_scale) == money{1});
  // Rounded towards zero, on both sides of it.
  CHECK(order_value(price{1}, quantity{decimal_scale - 1}, decimal_scale) == money{0});
  CHECK(order_value(price{1}, quantity{-decimal_scale * 3 / 2}, decimal_scale) == money{-1});
}

TEST_CASE("an order's value in whole lots is that of the plain formula") {
  for (std::int64_t p : {std::int64_t{1}, 12'485 * decimal_scale + 7, most / 100})
    for (std::int64_t q : {decimal_scale, -3 * decimal_scale, most / decimal_scale * decimal_scale})
      for (std::int64_t m : {std::int64_t{0}, decimal_scale, 10 * decimal_scale, decimal_scale / 2})
        CHECK(order_value(price{p}, quantity{q}, m) ==
              money{int128{p} * q / decimal_scale * m / decimal_scale});
}

TEST_CASE("an order's value beyond 128 bits is refused, not wrapped") {
  CHECK(order_value(price{most}, quantity{most}, most) == std::nullopt);
  CHECK(order_value(price{most}, quantity{-most}, most) == std::nullopt);
  auto whole = order_value(price{most}, quantity{most}, decimal_scale);
  REQUIRE(whole.has_value());
  CHECK(whole->value == int128{most} * most / decimal_scale);
}

TEST_CASE("named numbers compare, add and subtract within their kind") {
  price p{5};
  CHECK(p + price{2} == price{7});
  CHECK(p - price{7} == -price{2});
  CHECK(p < price{6});
  p += price{1};
  p -= price{4};
  CHECK(p == price{2});
}

TEST_CASE("sums of money are read beyond the range of a price") {
  CHECK(parse_money("123456789012345.00000001")->value ==
        int128{123456789012345} * decimal_scale + 1);
  CHECK(parse_money("-0.5")->value == -decimal_scale / 2);
  CHECK(!parse_money("9999999999999999999999"));
  CHECK(!parse_money("1e3"));
}

} // namespace tickmesh::numbers_test
