// Digests of a calculator's state: they depend on the ticks, and on nothing else; and on each thing
// in the state.
#include "tests/support/calc_ticks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

namespace tickmesh::symbol_digest_test {
namespace {

constexpr std::int64_t one = decimal_scale;

std::vector<strategy_settings> mixed() {
  using enum strategy_mode;
  auto short_window = make_strategy("w_every", windowed, 5, 1, emit_mode::every);
  short_window.window = std::chrono::seconds{21};
  short_window.step = std::chrono::seconds{7};
  return {make_strategy("r", reactive),
          make_strategy("r_every", reactive, 7, 1.2, emit_mode::every),
          make_strategy("w", windowed), short_window};
}

using digests = std::vector<symbol_digest>;

/// Of the ticks in slices, with time marks in between that are not ahead of what follows.
digests digests_of(const std::vector<tick>& ticks, std::uint64_t seed,
                   const std::vector<strategy_settings>& strategies = mixed()) {
  calculation out{"SIM", strategies};
  random_numbers random{seed};
  for (std::size_t begin = 0; begin < ticks.size();) {
    auto size = static_cast<std::size_t>(1 + random.below(random.below(10) == 0 ? 2'500 : 9));
    auto end = std::min(ticks.size(), begin + size);
    out.add(std::span{ticks}.subspan(begin, end - begin));
    if (end < ticks.size() && random.below(2) == 0)
      out.calculator.advance(ticks[end].effective_time - nanoseconds{random.below(2'000'000'000)},
                             out.output);
    begin = end;
  }
  return out.output.digests;
}

std::vector<tick> walk() {
  return make_walk(5, 5'000, 4'000 * one, one);
}

} // namespace

TEST_CASE("digests do not depend on how ticks are cut, or on when time marks come") {
  auto whole = calculation{"SIM", mixed()};
  whole.add(walk());
  auto& expected = whole.output.digests;
  REQUIRE(expected.size() == 9);
  CHECK(expected[0].at == digest_place{0, 1, 1, 32});
  CHECK(expected[8].at == digest_place{0, 1, 1, 4096});
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    CHECK(digests_of(walk(), seed) == expected);
  }
}

TEST_CASE("another value in any tick is in the next digest") {
  auto expected = digests_of(walk(), 1);
  std::size_t changed = 0;
  // Of the ticks before 2048, those that the state at 2048 still depends on.
  auto differs = [&](std::size_t index, const std::function<bool(tick&)>& change) {
    auto ticks = walk();
    if (!change(ticks[index])) return;
    auto got = digests_of(ticks, 1);
    CHECK(got[5] == expected[5]); // at 1024
    CHECK(got[6].digest != expected[6].digest);
    ++changed;
  };
  for (std::size_t index = 2038; index < 2048; ++index) {
    CAPTURE(index);
    differs(index, [](tick& t) {
      if (t.last == no_price || t.kind == record_kind::quote) return false;
      t.last += price{one};
      return true;
    });
  }
  differs(2047, [](tick& t) {
    t.kind = record_kind::quote;
    t.bid += price{1};
    return true;
  });
  differs(2047, [](tick& t) {
    t.kind = record_kind::quote;
    t.ask += price{1};
    return true;
  });
  CHECK(changed >= 6);
}

TEST_CASE("a difference that led to other signals is not forgotten") {
  auto expected = digests_of(walk(), 1);
  auto ticks = walk();
  auto& odd = ticks[500];
  odd.kind = record_kind::snapshot;
  odd.last = price{9'000 * one};
  auto got = digests_of(ticks, 1);
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    CHECK((got[i].digest == expected[i].digest) == (got[i].at.tick < 500));
}

TEST_CASE("a symbol without strategies, and one that begins later, have digests of their own") {
  auto none = digests_of(walk(), 1, {});
  CHECK(none.size() == 9);
  auto ticks = walk();
  ticks.erase(ticks.begin(), ticks.begin() + 100);
  auto later = digests_of(ticks, 1);
  REQUIRE(later.size() == 7);
  CHECK(later[0].at == digest_place{0, 1, 101, 128});
}

} // namespace tickmesh::symbol_digest_test
