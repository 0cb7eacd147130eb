// What the two relays have in common: their command line, their pace and what the sink prints.
#pragma once

#include "runtime/results/row_files.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

namespace tickmesh {

/// About the size of a frame with one signal.
inline constexpr std::uint32_t relay_signal_bytes = 96;

[[noreturn]] inline void stop(const std::string& message) {
  fmt::print(stderr, "relay: {}\n", message);
  std::exit(1);
}

inline std::int64_t relay_now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class relay_arguments {
public:
  relay_arguments(int argc, char** argv) {
    for (int i = 2; i + 1 < argc; i += 2)
      values_[argv[i]] = argv[i + 1];
  }
  const std::string& text(const std::string& flag) const {
    auto found = values_.find(flag);
    if (found == values_.end()) stop(flag + " is missing");
    return found->second;
  }
  std::uint64_t number(const std::string& flag) const {
    auto out = std::strtoull(text(flag).c_str(), nullptr, 10);
    if (out == 0) stop(flag + " " + text(flag) + ": allowed is a number from 1 on");
    return out;
  }

private:
  std::map<std::string, std::string> values_;
};

/// When ticks are due, and how a source waits for them: as the feed handler of a data slot.
struct relay_pace {
  std::uint64_t rate = 1; ///< ticks a second
  std::int64_t first_ns = relay_now_ns();

  std::int64_t due_ns(std::uint64_t tick) const {
    return first_ns + static_cast<std::int64_t>(tick * 1'000'000'000 / rate);
  }
  std::int64_t sleep_ns(std::uint64_t next, std::int64_t now_ns) const {
    constexpr std::int64_t shortest = 200'000, longest = 100'000'000;
    return std::clamp(due_ns(next) - now_ns, shortest, longest);
  }
};

inline void print_delays(const delay_histogram& delays) {
  auto us = [](std::uint64_t ns) { return static_cast<double>(ns) * 1e-3; };
  fmt::print("{{\"count\": {}, \"p50_us\": {:.1f}, \"p99_us\": {:.1f}, \"max_us\": {:.1f}}}\n",
             delays.count(), us(delays.quantile_ns(0.5)), us(delays.quantile_ns(0.99)),
             us(delays.max_ns()));
  std::fflush(stdout);
}

inline void write_announcement(const std::string& file, std::uint16_t port) {
  if (auto written = write_text_file(file, fmt::format("127.0.0.1:{}\n", port)); !written)
    stop(written.error().message);
}

} // namespace tickmesh
