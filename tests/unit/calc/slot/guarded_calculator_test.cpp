// A calculator that has been started again: it finds the tick that crashed it, and in quarantine
// gives what came before that tick, however ticks are cut and whenever time marks come.
#include "actors/calc/slot/guarded_calculator.hpp"
#include "tests/support/calc_ticks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

namespace tickmesh::guarded_calculator_test {
namespace {

constexpr std::int64_t one = decimal_scale;
constexpr std::uint64_t poison = 700; // number of a tick

const std::vector<strategy_settings>& strategies() {
  using enum strategy_mode;
  static const std::vector all{make_strategy("r", reactive), make_strategy("w", windowed, 5, 1)};
  return all;
}

std::vector<tick> walk() {
  return make_walk(9, 2'000, 4'000 * one, one);
}

guarded_calculator make(const std::function<void(const tick&)>& probe = {}) {
  return {symbol_calculator{symbol_id{}, "SIM", price_source::last, share_strategies(strategies()),
                            true},
          probe};
}

void add(guarded_calculator& to, std::span<const tick> ticks, calculation_output& out) {
  std::string bytes;
  tick_run_encoder{}.append(bytes, ticks, first_data_epoch, 0);
  tick_frame_view frame;
  REQUIRE(read_tick_frame(bytes, frame).has_value());
  auto added = to.add_run(frame.runs.front(), out); // it may throw
  REQUIRE(added.has_value());
}

crash_place at_tick(std::uint64_t number) {
  crash_place out;
  out.data_epoch = first_data_epoch;
  out.first = out.last = sequence{number};
  return out;
}

/// Everything in slices, with time marks in between.
calculation_output run_sliced(guarded_calculator& to, std::uint64_t seed) {
  auto ticks = walk();
  random_numbers random{seed};
  calculation_output out;
  for (std::size_t begin = 0; begin < ticks.size();) {
    auto size = static_cast<std::size_t>(1 + random.below(random.below(9) == 0 ? 900 : 9));
    auto end = std::min(ticks.size(), begin + size);
    add(to, std::span{ticks}.subspan(begin, end - begin), out);
    if (end < ticks.size() && random.below(2) == 0)
      to.advance(ticks[end].effective_time - nanoseconds{random.below(2'000'000'000)}, out);
    begin = end;
  }
  to.advance(end_of_time, out);
  return out;
}

/// In an order that is not that of closing: strategies' windows that end at one time.
void sort(calculation_output& out) {
  std::ranges::sort(out.signals, {}, &signal::name);
  std::ranges::sort(out.rows, {}, [](auto& row) {
    return std::tuple{row.effective_time, row.strategy, row.last_tick, row.window_end};
  });
}

} // namespace

TEST_CASE("without a crash everything is as without a guard") {
  auto guarded = make();
  auto got = run_sliced(guarded, 1);
  calculation plain{"SIM", strategies()};
  plain.add(walk());
  plain.finish();
  sort(got);
  sort(plain.output);
  CHECK(got.signals == plain.output.signals);
  CHECK(got.rows == plain.output.rows);
  CHECK(got.digests == plain.output.digests);
  CHECK(got.quarantined == 0);
}

TEST_CASE("a run that crashed once is taken tick by tick, so that the next crash names its tick") {
  auto ticks = walk();
  auto guarded = make([](const tick& t) {
    if (t.number.value == poison) throw std::runtime_error{"poison"};
  });
  calculation_output out;
  add(guarded, std::span{ticks}.first(600), out);
  CHECK_THROWS(add(guarded, std::span{ticks}.subspan(600, 300), out));
  CHECK(guarded.place().first == sequence{601});
  CHECK(guarded.place().last == sequence{900});
  auto again = make([](const tick& t) {
    if (t.number.value == poison) throw std::runtime_error{"poison"};
  });
  again.beware({guarded.place(), {}});
  calculation_output stepped;
  add(again, std::span{ticks}.first(600), stepped);
  CHECK_THROWS(add(again, std::span{ticks}.subspan(600, 300), stepped));
  CHECK(again.place().first == sequence{poison});
  CHECK(again.place().last == sequence{poison});
  CHECK(again.place().record == ticks[poison - 1].position);
}

TEST_CASE("a run that is taken tick by tick, and does not crash again, changes nothing") {
  auto whole = make(), stepped = make();
  calculation_output expected, got;
  auto ticks = walk();
  crash_place run;
  run.data_epoch = first_data_epoch;
  run.first = sequence{601};
  run.last = sequence{900};
  stepped.beware({run, {}});
  for (auto [to, out] : {std::pair{&whole, &expected}, std::pair{&stepped, &got}}) {
    add(*to, std::span{ticks}.first(600), *out);
    add(*to, std::span{ticks}.subspan(600, 300), *out);
    add(*to, std::span{ticks}.subspan(900), *out);
    to->advance(end_of_time, *out);
  }
  CHECK(got.signals == expected.signals);
  CHECK(got.rows == expected.rows);
  CHECK(got.digests == expected.digests);
  CHECK(got.unpriced == expected.unpriced);
}

TEST_CASE("in quarantine counts what came before the tick, and nothing else, in any slicing") {
  auto ticks = walk();
  calculation before{"SIM", strategies()};
  // The first tick from 700 on before which a window ends that the tick before has not closed.
  std::uint64_t poison = 700;
  before.add(std::span{ticks}.first(poison - 1));
  for (std::size_t rows = 0;; ++poison) {
    rows = before.output.rows.size();
    before.calculator.advance(ticks[poison - 1].effective_time, before.output);
    if (before.output.rows.size() > rows) break;
    before.add(std::span{ticks}.subspan(poison - 1, 1));
  }
  auto& expected = before.output;
  sort(expected);
  REQUIRE(expected.signals.size() > 20);
  std::optional<std::vector<symbol_digest>> digests;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    bool was_touched = false;
    auto guarded = make([&](const tick& t) { was_touched |= t.number.value >= poison; });
    guarded.beware({{}, at_tick(poison)});
    auto got = run_sliced(guarded, seed);
    CHECK_FALSE(was_touched);
    CHECK(got.quarantined == ticks.size() - poison + 1);
    sort(got);
    CHECK(got.signals == expected.signals);
    CHECK(got.rows == expected.rows);
    if (!digests) digests = got.digests;
    CHECK(got.digests == *digests);
  }
  // Its digests are those of no other state, so that a replica elsewhere is found to differ.
  auto free = make();
  auto other = run_sliced(free, 1).digests;
  REQUIRE(digests->size() == other.size());
  auto stopped = make();
  stopped.beware({{}, at_tick(poison + 1)});
  auto later = run_sliced(stopped, 1).digests;
  for (std::size_t i = 0; i < other.size(); ++i) {
    CHECK((*digests)[i].at == other[i].at);
    CHECK(((*digests)[i].digest == other[i].digest) == (other[i].at.tick < poison));
    CHECK(((*digests)[i].digest == later[i].digest) == (other[i].at.tick < poison));
  }
}

TEST_CASE("a symbol that stops at a time mark gives nothing from there on") {
  auto ticks = walk();
  auto mark = ticks[800].effective_time;
  calculation_output out;
  auto guarded = make();
  crash_place at;
  at.is_mark = true;
  at.mark = mark;
  guarded.beware({{}, at});
  add(guarded, std::span{ticks}.first(800), out);
  guarded.advance(mark - nanoseconds{1}, out);
  auto signals = out.signals.size();
  guarded.advance(mark, out);
  add(guarded, std::span{ticks}.subspan(800), out);
  guarded.advance(end_of_time, out);
  CHECK(out.signals.size() == signals);
  CHECK(out.quarantined == ticks.size() - 800);
}

TEST_CASE("a guard says that it was at a time mark") {
  auto guarded = make();
  calculation_output out;
  guarded.advance(from_ns(77), out);
  CHECK(guarded.place().is_mark);
  CHECK(guarded.place().mark == from_ns(77));
}

} // namespace tickmesh::guarded_calculator_test
