// A tick that always crashes its calculator costs its symbol, and nothing else; what crashes in
// other ways, or in too many symbols, fails the slot.
#include "tests/support/calc_bench.hpp"

#include <fmt/format.h>

namespace tickmesh::calc_quarantine_test {

using namespace calc_bench_parts;

TEST_CASE("a tick that crashes its calculator twice quarantines its symbol, and no other") {
  auto due = calculate(market(), small_market_symbols(symbol_count), small_strategies(), {{2, 40}});
  auto all = part_of(market(), 2, symbol_count);
  auto& poison = all[39];
  REQUIRE(due.signals.size() + 20 < expected().signals.size());
  for_each_seed(40, [&](std::uint64_t seed) {
    auto thrown = std::make_shared<int>(0);
    calc_bench bench{seed, {.probe = poison_at({{2, 40}}, thrown)}};
    bench.feed_all();
    bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
    bench.check_everything_came(due);
    CHECK(*thrown == 2);
    auto& report = bench.events->finished[0];
    CHECK(report.counts.at(skipped_count) == all.size() - 39);
    CHECK(report.counts.at("quarantined/sym2") == 40);
    REQUIRE(report.quarantined.size() == 1);
    CHECK(report.quarantined.at("sym2") ==
          fmt::format("sym2 is in QUARANTINE from tick 40 (record {} of its source) on, with no "
                      "more signals: its calculator crashed there twice: poison",
                      poison.position.value));
  });
}

TEST_CASE("several symbols go into quarantine by themselves, at whichever tick") {
  for_each_seed(40, [](std::uint64_t seed) {
    std::map<std::uint32_t, std::uint64_t> poison;
    for (std::uint32_t symbol = 0; symbol < 4; ++symbol)
      poison[symbol] = 1 + (seed * 31 + symbol * symbol * 17) % 120;
    auto thrown = std::make_shared<int>(0);
    calc_bench bench{seed,
                     {.probe = poison_at(poison, thrown),
                      .quarantined_max = 4,
                      .frames_come_early = seed % 3 == 0}};
    if (seed % 3 != 0) bench.feed_all();
    bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
    bench.check_everything_came(
        calculate(market(), small_market_symbols(symbol_count), small_strategies(), poison));
    CHECK(*thrown == 8);
    CHECK(bench.events->finished[0].quarantined.size() == 4);
  });
}

TEST_CASE("one symbol more in quarantine than a slot bears with fails it by name") {
  auto thrown = std::make_shared<int>(0);
  std::map<std::uint32_t, std::uint64_t> poison{{0, 20}, {2, 40}, {4, 60}};
  calc_bench bench{1, {.probe = poison_at(poison, thrown), .quarantined_max = 2}};
  bench.feed_all();
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0].starts_with(
      "calc.quarantined_max = 2 symbols are in quarantine, and one more: sym"));
  CHECK(bench.events->failures[0].ends_with("its calculator crashed there twice: poison"));
}

TEST_CASE("a calculator that crashes at ever other ticks fails the calc slot within the bound") {
  auto life = std::make_shared<std::size_t>(0);
  static constexpr std::array<std::uint64_t, 6> crashes{150, 110, 70, 30, 10, 5};
  calc_bench bench{1, {.probe = [life](const tick& t) {
                     if (t.symbol.value != 2 || *life == crashes.size()) return;
                     if (t.number.value != crashes[*life]) return;
                     ++*life;
                     throw std::runtime_error{"poison"};
                   }}};
  bench.feed_all();
  bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0] ==
        "factor_calculator/sym2 crashed once more after 3 restarts within 10000 ms: poison");
  CHECK(*life == 4);
  CHECK(bench.events->finished.empty());
}

} // namespace tickmesh::calc_quarantine_test
