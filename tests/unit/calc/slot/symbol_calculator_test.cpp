// All strategies of a symbol: slices, closing of windows, restarts and emission change nothing that
// they must not change.
#include "actors/calc/slot/symbol_calculator.hpp"
#include "tests/support/calc_ticks.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <tuple>

namespace tickmesh::symbol_calculator_test {
using std::chrono::seconds;

namespace {

constexpr std::int64_t one = decimal_scale;

std::vector<strategy_settings> mixed_strategies() {
  using enum strategy_mode;
  std::vector<strategy_settings> out{
      make_strategy("r", reactive), make_strategy("r_every", reactive, 7, 1.2, emit_mode::every),
      make_strategy("w", windowed), make_strategy("w_every", windowed, 5, 1, emit_mode::every)};
  out.back().window = seconds{21};
  out.back().step = seconds{7};
  return out;
}

calculation run_sliced(const std::vector<tick>& ticks, std::uint64_t seed) {
  calculation out{"SIM", mixed_strategies()};
  random_numbers random{seed};
  std::span<const tick> rest{ticks};
  while (!rest.empty()) {
    auto size = static_cast<std::size_t>(random.below(random.below(10) == 0 ? 500 : 5));
    size = std::min(size, rest.size());
    out.add(rest.first(size));
    rest = rest.subspan(size);
  }
  out.finish();
  return out;
}

std::vector<std::vector<std::string>> fields_of(const std::string& rows) {
  std::vector<std::vector<std::string>> out;
  std::vector<std::string> fields(1);
  for (char c : rows) {
    if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      out.push_back(std::move(fields));
      fields = std::vector<std::string>(1);
    } else {
      fields.back() += c;
    }
  }
  return out;
}

constexpr std::size_t signal_field = 4, strategy_field = 5, sequence_field = 7, window_field = 8;

calculation run_prices(const std::vector<std::int64_t>& prices, strategy_settings strategy) {
  calculation out{"X", {std::move(strategy)}};
  out.add(make_snapshots(prices));
  out.finish();
  return out;
}

} // namespace

TEST_CASE("any slicing of the ticks gives the same bytes") {
  auto ticks = make_walk(5, 5'000, 4'000 * one, one);
  calculation whole{"SIM", mixed_strategies()};
  whole.add(ticks);
  whole.finish();
  CHECK(whole.output.factors >= 5'000);
  CHECK(whole.output.signals.size() >= 500);
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    auto sliced = run_sliced(ticks, seed);
    CHECK(sliced.output.factors == whole.output.factors);
    CHECK((sliced.output.rows == whole.output.rows));
    CHECK((sliced.output.signals == whole.output.signals));
  }
}

TEST_CASE("advancing at any moment between ticks changes no row and no signal") {
  auto ticks = make_walk(6, 3'000, 4'000 * one, one);
  auto plain = run_sliced(ticks, 1);
  auto rows = sorted_lines(plain.factor_rows());
  auto signals = sorted_lines(plain.signal_rows());
  REQUIRE(rows.size() >= 3'000);
  REQUIRE(signals.size() >= 300);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    calculation run{"SIM", mixed_strategies()};
    random_numbers random{seed};
    int advances = 0;
    auto before = calc_start;
    for (auto& t : ticks) {
      while (random.below(3) == 0) { // a mark may be as late as the tick that follows it
        auto gap = (t.effective_time - before).count();
        before += nanoseconds{random.below(4) == 0 ? gap : random.below(gap + 1)};
        run.calculator.advance(before, run.output);
        ++advances;
      }
      run.add({&t, 1});
      before = t.effective_time;
    }
    run.finish();
    CHECK(advances >= 1'000);
    CHECK((sorted_lines(run.factor_rows()) == rows));
    CHECK((sorted_lines(run.signal_rows()) == signals));
  }
}

TEST_CASE("a calculator that is started again and fed from the start gives the same output") {
  auto ticks = make_walk(8, 2'000, 50 * one, one / 100);
  auto strategies = mixed_strategies();
  calculation first{"SIM", strategies};
  std::span<const tick> all{ticks};
  first.add(all.first(1'234));
  auto rows_at_crash = first.output.rows.size();
  auto signals_at_crash = first.output.signals.size();
  first.add(all.subspan(1'234));
  REQUIRE(rows_at_crash > 1'000);
  REQUIRE(signals_at_crash >= 100);
  calculation second{"SIM", strategies};
  second.add(all.first(1'234)); // history: its output is dropped
  CHECK(second.output.rows.size() == rows_at_crash);
  CHECK(second.output.signals.size() == signals_at_crash);
  second.output = {};
  second.add(all.subspan(1'234));
  CHECK(
      std::ranges::equal(second.output.rows, std::span{first.output.rows}.subspan(rows_at_crash)));
  std::vector<signal> rest(first.output.signals.begin() +
                               static_cast<std::ptrdiff_t>(signals_at_crash),
                           first.output.signals.end());
  CHECK(rest.size() >= 50);
  CHECK((second.output.signals == rest));
}

TEST_CASE("doubles decide as exact integers do, at every scale of prices and in any slices") {
  using enum strategy_mode;
  // Periods of 10000 and prices that differ by a unit at 1e14 leave doubles; walks of few levels
  // put prices exactly on a band.
  for (std::int64_t step : {std::int64_t{1}, one / 100, 5 * one, 40'000 * one + 7}) {
    CAPTURE(step);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      auto ticks = make_walk(seed, 2'500, 500'000 * one, step);
      if (seed == 4) ticks[1'000].last = price{one + 1};
      std::vector<strategy_settings> list;
      for (std::uint32_t period : {2U, 5U, 16U, 20U, 333U, 1'000U})
        list.push_back(make_strategy("r" + std::to_string(period), reactive, period,
                                     1.0 + 0.5 * static_cast<double>(period % 4),
                                     emit_mode::every));
      auto longest = list;
      longest.push_back(make_strategy("long", reactive, 10'000, 2));
      calculation whole{"X", longest};
      whole.add(ticks);
      std::map<std::pair<std::string, std::string>, std::string> exact;
      for (auto& row : fields_of(whole.factor_rows()))
        exact[{row[strategy_field], row[sequence_field]}] = row[signal_field];
      calculation sliced{"X", list};
      random_numbers random{seed};
      for (std::span<const tick> rest{ticks}; !rest.empty();) {
        auto part =
            std::min<std::size_t>(rest.size(), 1 + static_cast<std::size_t>(random.below(600)));
        sliced.add(rest.first(part));
        rest = rest.subspan(part);
      }
      CHECK(sliced.output.factors == exact.size());
      std::size_t outside = 0;
      for (auto& [name, signal] : exact)
        outside += signal != "0" ? 1 : 0;
      REQUIRE(sliced.output.signals.size() == outside);
      CHECK(outside >= 100);
      for (auto& s : sliced.output.signals)
        CHECK(exact.at({list[s.name.strategy.value].name,
                        std::to_string(s.name.last_tick.value)}) == std::to_string(s.direction));
    }
  }
}

TEST_CASE("rows that are switched off change neither factors nor signals") {
  auto ticks = make_walk(9, 2'000, 50 * one, one / 100);
  auto strategies = mixed_strategies();
  calculation with_rows{"SIM", strategies};
  with_rows.add(ticks);
  symbol_calculator without{symbol_id{}, "SIM", price_source::last, share_strategies(strategies),
                            false};
  calculation_output out;
  add_ticks(without, ticks, first_data_epoch, out);
  CHECK(out.rows.empty());
  CHECK(out.factors == with_rows.output.factors);
  CHECK(out.signals.size() >= 100);
  CHECK((out.signals == with_rows.output.signals));
}

TEST_CASE("on change emits once per entry of a side, every emits at each value outside") {
  auto ticks = make_walk(10, 6'000, 4'000 * one, one);
  auto on_change = make_strategy("once", strategy_mode::reactive, 10, 1.5);
  auto every = make_strategy("always", strategy_mode::reactive, 10, 1.5, emit_mode::every);
  calculation run{"SIM", {on_change, every}};
  run.add(ticks);
  std::vector<std::pair<std::string, int>> expected_once, expected_always;
  int before = 0, flips = 0, rearmed = 0;
  std::set<int> entered;
  for (auto& row : fields_of(run.factor_rows())) {
    if (row[strategy_field] != "once") continue;
    auto now = std::stoi(row[signal_field]);
    if (now != 0) expected_always.emplace_back(row[sequence_field], now);
    if (now != 0 && now != before) {
      expected_once.emplace_back(row[sequence_field], now);
      flips += before == -now ? 1 : 0;
      rearmed += before == 0 && entered.contains(now) ? 1 : 0;
      entered.insert(now);
    }
    before = now;
  }
  CHECK(flips >= 3);
  CHECK(rearmed >= 100);
  CHECK(expected_always.size() > expected_once.size() + 100);
  std::vector<std::pair<std::string, int>> once, always;
  for (auto& s : run.output.signals)
    (s.name.strategy.value == 0 ? once : always)
        .emplace_back(std::to_string(s.name.last_tick.value), s.direction);
  CHECK((once == expected_once));
  CHECK((always == expected_always));
}

TEST_CASE("a signal's price is the opposite best quote, or the last price where there is none") {
  std::vector<std::int64_t> prices(19, 100 * one);
  prices.push_back(90 * one);
  auto strategy = make_strategy("r", strategy_mode::reactive);
  strategy.volume = quantity{3 * one};
  auto bought = run_prices(prices, strategy).output.signals;
  REQUIRE(bought.size() == 1);
  CHECK(bought[0].direction == 1);
  CHECK(bought[0].limit == price{90 * one + 1});
  CHECK(bought[0].volume == quantity{3 * one});
  CHECK(bought[0].name.last_tick == sequence{20});
  CHECK(bought[0].name.window_end == timestamp{});
  CHECK(bought[0].effective_time == calc_start + seconds{20});
  prices.back() = 110 * one;
  auto sold = run_prices(prices, strategy).output.signals;
  REQUIRE(sold.size() == 1);
  CHECK(sold[0].direction == -1);
  CHECK(sold[0].limit == price{110 * one - 1});

  auto ticks = make_snapshots(prices);
  ticks.back().bid = no_price; // nobody to sell to
  calculation one_sided{"X", {strategy}};
  one_sided.add(ticks);
  REQUIRE(one_sided.output.signals.size() == 1);
  CHECK(one_sided.output.signals[0].limit == price{110 * one});
  CHECK(one_sided.output.signals[0].bid == no_price);
}

TEST_CASE("mids come from quotes and snapshots with both sides, rounded down") {
  std::vector<tick> ticks;
  auto add = [&](record_kind kind, price bid, price ask, price last) {
    auto t = make_snapshot(ticks.size() + 1, calc_start + seconds{1 + ticks.size()}, one);
    t.kind = kind;
    t.bid = bid;
    t.ask = ask;
    t.last = last;
    ticks.push_back(t);
  };
  add(record_kind::quote, price{99}, price{102}, no_price);       // 100
  add(record_kind::trade, no_price, no_price, price{7});          // none
  add(record_kind::quote, price{99}, no_price, no_price);         // none
  add(record_kind::quote, no_price, price{99}, no_price);         // none
  add(record_kind::snapshot, price{98}, price{98}, price{1'000}); // 98
  calculation run{"X", {make_strategy("r", strategy_mode::reactive, 2)}, price_source::mid};
  run.add(ticks);
  auto rows = fields_of(run.factor_rows());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0][sequence_field] == "5");
  CHECK(rows[0][9] == "0.00000098");
  CHECK(std::stod(rows[0][11]) == doctest::Approx(99e-8).epsilon(1e-14));
}

TEST_CASE("mids below zero are rounded down, too") {
  std::vector<tick> ticks;
  for (auto [bid, ask] : {std::pair{price{-102}, price{-99}}, {price{-3}, price{2}}}) {
    auto t = make_snapshot(ticks.size() + 1, calc_start + seconds{1 + ticks.size()}, one);
    t.bid = bid;
    t.ask = ask;
    ticks.push_back(t);
  }
  calculation run{"X", {make_strategy("r", strategy_mode::reactive, 2)}, price_source::mid};
  run.add(ticks);
  auto rows = fields_of(run.factor_rows());
  REQUIRE(rows.size() == 1);
  CHECK(rows[0][9] == "-0.00000001");
  CHECK(std::stod(rows[0][11]) == doctest::Approx(-51e-8).epsilon(1e-14)); // -101 and -1
}

TEST_CASE("a window holds the prices from its start on and none at its end") {
  auto windowed = make_strategy("w", strategy_mode::windowed, 3);
  auto ends_of = [&](std::vector<int> at_seconds) {
    std::vector<tick> ticks;
    for (auto s : at_seconds)
      ticks.push_back(make_snapshot(ticks.size() + 1, calc_start + seconds{s}, one * (s % 7 + 5)));
    calculation run{"X", {windowed}};
    run.add(ticks);
    run.finish();
    std::vector<std::pair<std::string, std::string>> out; // seconds of the end, last tick
    for (auto& row : fields_of(run.factor_rows())) {
      CHECK(row[window_field] == row[0]);
      auto end = parse_timestamp(row[window_field]);
      REQUIRE(end.has_value());
      out.emplace_back(std::to_string((*end - calc_start).count() / 1'000'000'000),
                       row[sequence_field]);
    }
    return out;
  };
  using ends = std::vector<std::pair<std::string, std::string>>;
  // The third price stands at 20 s: it is in the windows that end at 30 s and later, and the first
  // price leaves after the window that ends at 60 s + its own time.
  CHECK(ends_of({0, 10, 20}) == ends{{"30", "3"}, {"40", "3"}, {"50", "3"}, {"60", "3"}});
  CHECK(ends_of({1, 2, 3}) ==
        ends{{"10", "3"}, {"20", "3"}, {"30", "3"}, {"40", "3"}, {"50", "3"}, {"60", "3"}});
  CHECK(ends_of({10, 10, 10}) ==
        ends{{"20", "3"}, {"30", "3"}, {"40", "3"}, {"50", "3"}, {"60", "3"}, {"70", "3"}});
  // A later price replaces the first one; windows too thin for three prices have no value.
  CHECK(ends_of({0, 1, 2, 35}) ==
        ends{{"10", "3"}, {"20", "3"}, {"30", "3"}, {"40", "4"}, {"50", "4"}, {"60", "4"}});
  CHECK(ends_of({0, 40, 80}).empty());
  CHECK(ends_of({0, 30, 59}) == ends{{"60", "3"}});
  CHECK(ends_of({0, 30, 60}).empty());
}

TEST_CASE("strategies run for the symbols of their patterns and keep their place in the list") {
  auto only_ru = make_strategy("ru", strategy_mode::reactive, 2);
  only_ru.symbols = {"ru####"};
  auto all = make_strategy("all", strategy_mode::reactive, 2);
  auto ticks = make_snapshots({5 * one, 6 * one, 9 * one});
  std::map<std::string, std::set<std::string>> seen;
  for (auto symbol : {"ru1901", "AP101"}) {
    calculation run{symbol, {only_ru, all}};
    run.add(ticks);
    for (auto& row : fields_of(run.factor_rows()))
      seen[symbol].insert(row[strategy_field]);
    for (auto& s : run.output.signals)
      CHECK((s.name.strategy.value == 1 || symbol == std::string{"ru1901"}));
  }
  CHECK(seen["ru1901"] == std::set<std::string>{"ru", "all"});
  CHECK(seen["AP101"] == std::set<std::string>{"all"});
}

TEST_CASE("a window that a newer data epoch closes is named after the epoch of its last price") {
  auto strategy = make_strategy("w", strategy_mode::windowed, 2);
  auto ticks = make_snapshots({5 * one, 6 * one, 7 * one});
  ticks[2].effective_time = calc_start + seconds{100};
  for (bool advanced_before : {false, true}) {
    CAPTURE(advanced_before);
    calculation run{"X", {strategy}};
    add_ticks(run.calculator, std::span{ticks}.first(2), epoch{1}, run.output);
    if (advanced_before) run.calculator.advance(calc_start + seconds{100}, run.output);
    add_ticks(run.calculator, std::span{ticks}.subspan(2), epoch{2}, run.output);
    auto rows = fields_of(run.factor_rows());
    REQUIRE(rows.size() == 6);
    for (auto& row : rows)
      CHECK(row[6] == "1");
  }
}

} // namespace tickmesh::symbol_calculator_test
