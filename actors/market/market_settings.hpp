// Settings of the market side: the source of ticks and the cleaning rules.
#pragma once

#include "messages/tick.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// Thresholds of tick_cleaner; ratios are in 1e-8.
struct cleaning_settings {
  price price_max{999'999 * decimal_scale};     ///< exclusive
  std::int64_t spread_max = decimal_scale / 10; ///< (ask - bid) / bid, exclusive
  std::int64_t jump_band = decimal_scale / 10;  ///< |price - previous| / previous, inclusive
  std::uint32_t jump_confirm_count = 3;         ///< agreeing ticks that confirm a new level
};

/// The built-in market simulator.
struct sim_settings {
  std::uint64_t seed = 1;
  std::uint32_t symbols = 50;              ///< SIM0001, SIM0002, ...
  std::uint64_t ticks = 500'000;           ///< over all symbols, bad ones included
  std::uint32_t ticks_per_second = 20'000; ///< of event time, over all symbols
  timestamp start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2} + std::chrono::hours{1}};
  /// Share of bad ticks by reason, each in [0, 0.1].
  std::array<double, reject_reason_count> bad_share{0.001, 0.001, 0.001, 0.001,
                                                    0.001, 0.001, 0.001, 0.001};
};

/// Files read as one source, merged by time.
struct file_settings {
  std::vector<std::string> paths;      ///< `.csv` or `.csv.xz`
  std::uint64_t rows_max = 20'000'000; ///< over all files; they are held in memory
};

enum class source_kind : std::uint8_t { sim, file };

struct source_settings {
  source_kind kind = source_kind::sim;
  double speed = 0; ///< event time per wall time; 0 is as fast as possible
  nanoseconds time_mark_interval{std::chrono::milliseconds{10}}; ///< of event time
  sim_settings sim{};
  file_settings file{};
};

} // namespace tickmesh
