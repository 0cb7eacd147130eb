// Days of a sender that numbers anew each day, and hosts that listen to it: for tests of live
// sources.
#pragma once

#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace tickmesh {

inline constexpr std::array<std::int32_t, 3> live_days{20240103, 20240104, 20240105};
inline constexpr std::int64_t first_ns = 1'704'243'600'000'000'000; // 2024-01-03T01:00:00Z
inline constexpr std::int64_t day_ns = 86'400'000'000'000;

/// A day's file of two symbols in turns.
inline std::string write_day(const scratch_directory& scratch, std::size_t day, std::size_t rows) {
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume,trading_day\n"};
  for (std::size_t i = 0; i < rows; ++i) {
    auto units = 100 + static_cast<int>(i * 7919 % 13);
    text += fmt::format("{},SIM000{},snapshot,{},1,{},5,{},5,{}\n",
                        first_ns + static_cast<std::int64_t>(day) * day_ns +
                            static_cast<std::int64_t>(i) * 100'000'000,
                        1 + i % 2, units, units - 1, units + 1, live_days[day]);
  }
  return scratch.write(fmt::format("{}.csv", live_days[day]), text);
}

inline arguments live_flags(const scratch_directory& scratch) {
  return {"--set", "source.kind=socket",
          "--set", "source.socket.listen=unix:" + scratch.path("feed"),
          "--set", "source.socket.symbols=SIM0001,SIM0002"};
}

inline child_process start_sender(const scratch_directory& scratch, const std::string& file,
                                  std::uint64_t rate) {
  std::filesystem::create_directories(scratch.path("sender"));
  return {scratch.path("sender"),
          "sender",
          "/usr/bin/env",
          {"env", "python3", source_path("scripts/send_ticks.py"), "unix:" + scratch.path("feed"),
           file, "--retry-seconds", "0.02", "--attempts", "2000", "--rate", std::to_string(rate)}};
}

inline std::uintmax_t bytes_below(const std::string& directory) {
  std::uintmax_t out = 0;
  std::error_code ignored;
  for (auto& entry : std::filesystem::recursive_directory_iterator{directory, ignored})
    if (auto size = entry.file_size(ignored); !ignored) out += size;
  return out;
}

/// Waits until the log has grown by some bytes, or one of the processes has ended.
inline void wait_for_growth(child_process& host, child_process& sender, const std::string& log,
                            std::uintmax_t bytes) {
  auto before = bytes_below(log);
  bool grown = wait_until(patience, [&] {
    return bytes_below(log) >= before + bytes || !host.is_running() || !sender.is_running();
  });
  REQUIRE_MESSAGE(grown, host.err());
}

} // namespace tickmesh
