// Tells when the process itself stood still: stopped, swapped out, or its machine asleep. What it
// did not hear in that time is not the silence of others. Used by the coordinator and host_agent.
#pragma once

#include "messages/timestamp.hpp"

#include <algorithm>
#include <optional>

namespace tickmesh {

/// To be advanced by a timer that is much shorter than `limit`. Times are ns since any fixed point.
class pause_detector {
public:
  pause_detector(nanoseconds limit, nanoseconds now) : limit_(limit), now_(now) {}

  /// The time since the last call that others are to be judged by: at most the limit, for more was
  /// a pause. A clock that goes back stands still.
  nanoseconds advance(nanoseconds now) {
    auto gap = std::max(now - now_, nanoseconds{0});
    now_ = std::max(now_, now);
    if (gap > limit_) {
      pause_ = gap;
      ended_ = now_;
    }
    return std::min(gap, limit_);
  }

  /// How long the last pause took, if it ended not longer than twice the limit ago.
  std::optional<nanoseconds> recent() const {
    if (!pause_ || now_ - ended_ > 2 * limit_) return std::nullopt;
    return pause_;
  }

private:
  nanoseconds limit_;
  nanoseconds now_;
  std::optional<nanoseconds> pause_{};
  nanoseconds ended_{};
};

} // namespace tickmesh
