// Ticks and strategies for the tests of actors/calc, and a calculator that is fed in slices.
#pragma once

#include "actors/calc/slot/symbol_calculator.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"
#include "messages/tick.hpp"
#include "tests/support/tick_runs.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

inline constexpr timestamp calc_start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2}};

inline strategy_settings make_strategy(std::string name, strategy_mode mode,
                                       std::uint32_t period = 20, double width = 2,
                                       emit_mode emit = emit_mode::on_change) {
  strategy_settings out;
  out.name = std::move(name);
  out.mode = mode;
  out.period = period;
  out.width = static_cast<std::int64_t>(width * 10'000 + 0.5) * (decimal_scale / 10'000);
  out.emit = emit;
  return out;
}

/// A snapshot with a spread of two units around `last`; the next number is its caller's business.
inline tick make_snapshot(std::uint64_t number, timestamp at, std::int64_t last_units) {
  tick t;
  t.number = sequence{number};
  t.event_time = t.effective_time = at;
  t.last = price{last_units};
  t.bid = price{last_units - 1};
  t.ask = price{last_units + 1};
  return t;
}

/// Snapshots of these prices, one a second.
inline std::vector<tick> make_snapshots(const std::vector<std::int64_t>& prices) {
  std::vector<tick> out;
  for (auto p : prices)
    out.push_back(
        make_snapshot(out.size() + 1, calc_start + std::chrono::seconds{1 + out.size()}, p));
  return out;
}

/// A walk of `step` units that also rests, with gaps of 0 to 8 s, every kind of record and book
/// sides that are missing at times.
inline std::vector<tick> make_walk(std::uint64_t seed, std::size_t count, std::int64_t start,
                                   std::int64_t step) {
  random_numbers random{seed};
  std::vector<tick> out;
  auto at = calc_start;
  auto units = start;
  while (out.size() < count) {
    at += nanoseconds{random.below(4) == 0 ? random.below(8'000'000'000) : random.below(500'000)};
    if (random.below(3) != 0) units += (random.below(7) - 3) * step;
    auto t = make_snapshot(out.size() + 1, at, units);
    t.bid = price{units - step};
    t.ask = price{units + step * (1 + random.below(3))};
    t.kind = static_cast<record_kind>(random.below(3));
    if (t.kind == record_kind::trade) t.bid = t.ask = no_price;
    if (t.kind == record_kind::quote) t.last = no_price;
    if (random.below(20) == 0) t.bid = no_price;
    if (random.below(20) == 0) t.ask = no_price;
    if (random.below(50) == 0) t.last = no_price;
    out.push_back(t);
  }
  return out;
}

/// Takes ticks in slices; what a slot would collect from the calculator.
struct calculation {
  std::string symbol;
  std::vector<strategy_settings> strategies;
  symbol_calculator calculator;
  calculation_output output;

  calculation(std::string name, std::vector<strategy_settings> list,
              price_source price_from = price_source::last)
      : symbol(std::move(name)), strategies(std::move(list)),
        calculator(symbol_id{}, symbol, price_from, share_strategies(strategies), true) {}

  void add(std::span<const tick> ticks) { add_ticks(calculator, ticks, first_data_epoch, output); }

  /// Closes every window.
  void finish() { calculator.advance(end_of_time, output); }

  std::string factor_rows() const {
    std::string out;
    for (auto& row : output.rows)
      append_factor_row(out, row, symbol, strategies[row.strategy.value].name);
    return out;
  }

  std::string signal_rows() const {
    std::string out;
    for (auto& s : output.signals)
      append_signal_row(out, s, symbol, strategies[s.name.strategy.value].name);
    return out;
  }
};

/// The lines of some CSV rows, sorted.
inline std::vector<std::string> sorted_lines(std::string_view rows) {
  std::vector<std::string> out;
  while (!rows.empty()) {
    auto end = rows.find('\n');
    out.emplace_back(rows.substr(0, end));
    rows.remove_prefix(end + 1);
  }
  std::sort(out.begin(), out.end());
  return out;
}

} // namespace tickmesh
