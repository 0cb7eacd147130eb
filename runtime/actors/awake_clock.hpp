// The time by which others are judged: it does not count what passes while this process stands
// still, for then it hears nothing.
#pragma once

#include "messages/timestamp.hpp"

#include <algorithm>
#include <optional>

namespace tickmesh {

/// To be read more often than once in `gap_max`, by a timer.
class awake_clock {
public:
  /// A gap between two readings counts as no more than `gap_max`.
  explicit awake_clock(nanoseconds gap_max) : gap_max_(gap_max) {}

  /// `steady` is the time since any fixed point; one that goes back stands still.
  nanoseconds read(nanoseconds steady) {
    auto gap = steady - last_.value_or(steady);
    last_ = std::max(steady, last_.value_or(steady));
    return now_ += std::clamp(gap, nanoseconds{0}, gap_max_);
  }

private:
  nanoseconds gap_max_;
  std::optional<nanoseconds> last_{};
  nanoseconds now_{};
};

} // namespace tickmesh
