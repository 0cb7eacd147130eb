// Keeps what happens often from flooding the log: the first of a burst is logged, the rest counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tickmesh {

class log_burst {
public:
  using instant = std::chrono::steady_clock::time_point;

  /// Events closer together than `quiet` are one burst as far as the log goes.
  explicit log_burst(std::chrono::nanoseconds quiet) : quiet_(quiet) {}

  /// Notes an event. When it should be logged: the number of events since the last logged one,
  /// itself included.
  std::optional<std::uint64_t> admit(instant now) {
    ++held_;
    if (last_ && now - *last_ < quiet_) return std::nullopt;
    last_ = now;
    auto count = held_;
    held_ = 0;
    return count;
  }

private:
  std::chrono::nanoseconds quiet_;
  std::optional<instant> last_;
  std::uint64_t held_ = 0;
};

} // namespace tickmesh
