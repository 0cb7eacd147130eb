// A symbol's calculator with a memory of crashes: it knows where it is, takes what crashed an
// earlier one tick by tick, and calculates nothing from the tick on that crashed two of them. Plain
// class behind factor_calculator, which it may end by an exception.
#pragma once

#include "actors/calc/slot/crash_place.hpp"
#include "actors/calc/slot/symbol_calculator.hpp"

#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace tickmesh {

class guarded_calculator {
public:
  /// `probe` is called before each tick, where there is one; it may throw.
  guarded_calculator(symbol_calculator calculator, std::function<void(const tick&)> probe)
      : calculator_(std::move(calculator)), probe_(std::move(probe)) {}

  /// Before anything else: it has been started again.
  void beware(crash_history history) { history_ = std::move(history); }

  /// As symbol_calculator::add_run. Of a symbol in quarantine ticks are only counted.
  result<void> add_run(const tick_run_view& run, calculation_output& out);

  /// As symbol_calculator::advance.
  void advance(timestamp mark, calculation_output& out);

  /// Where it is; to be asked when it has thrown.
  const crash_place& place() const { return place_; }

  symbol_calculator& calculator() { return calculator_; }

private:
  static bool concerns(const std::optional<crash_place>& where, const tick_run_view& run);
  result<void> take_whole(const tick_run_view& run, calculation_output& out);
  result<void> take_steps(const tick_run_view& run, calculation_output& out);
  result<void> take_until_stop(const tick_run_view& run, calculation_output& out);
  result<void> take_ticks(std::span<const tick> ticks, const tick_run_view& of,
                          calculation_output& out);
  void skip(const tick_run_view& run, sequence from, calculation_output& out);

  symbol_calculator calculator_;
  std::function<void(const tick&)> probe_;
  crash_history history_;
  crash_place place_;
  bool is_stopped_ = false;
};

} // namespace tickmesh
