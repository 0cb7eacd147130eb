// Bounded restart intensity, as in OTP: at most `restarts_max` within `period`.
// Source: Erlang/OTP, Design Principles, "Supervisor Behaviour".
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace tickmesh {

struct restart_limit {
  std::uint32_t restarts_max = 3;
  std::chrono::milliseconds period{10'000};
  bool of_each_child = false; ///< else of all children of a supervisor together
};

class restart_intensity {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit restart_intensity(restart_limit limit) : limit_(limit) {}

  /// Counts one restart at `now`; false when that is one too many.
  bool allow(time_point now) {
    while (!recent_.empty() && now - recent_.front() > limit_.period)
      recent_.pop_front();
    if (recent_.size() >= limit_.restarts_max) return false;
    recent_.push_back(now);
    return true;
  }

  /// Restarts that were counted within the period before the last one, which is included.
  std::size_t recent() const { return recent_.size(); }

  const restart_limit& limit() const { return limit_; }

private:
  restart_limit limit_;
  std::deque<time_point> recent_;
};

} // namespace tickmesh
