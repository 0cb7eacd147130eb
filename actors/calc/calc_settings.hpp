// Settings of the calculation side: which strategies run, and what waits behind them.
#pragma once

#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// What a calculation slot holds for others, and bears with, at most.
struct calc_settings {
  std::uint64_t signals_held_max = 1'000'000; ///< not acknowledged by execution; then it fails
  std::uint64_t rows_held_mib_max = 256;      ///< not yet written; then it acknowledges nothing
  std::uint64_t quarantined_max = 8; ///< symbols whose calculators crash again; then it fails
};

enum class strategy_mode : std::uint8_t { reactive, windowed };
enum class emit_mode : std::uint8_t { on_change, every };

/// A Bollinger band strategy: buys below the lower band, sells above the upper one.
struct strategy_settings {
  std::string name; ///< unique
  strategy_mode mode = strategy_mode::reactive;
  std::uint32_t period = 20;              ///< prices, 2 to 10000
  std::int64_t width = 2 * decimal_scale; ///< standard deviations, in 1e-8; four decimals
  emit_mode emit = emit_mode::on_change;
  quantity volume{decimal_scale};               ///< of each signal
  nanoseconds window{std::chrono::seconds{60}}; ///< windowed only
  nanoseconds step{std::chrono::seconds{10}};   ///< windowed only; divides the window
  std::vector<std::string> symbols{"*"};        ///< patterns as in instruments.toml
};

} // namespace tickmesh
