// Tells a link that makes no progress from one that is well. Plain class behind the sending slots,
// which ask it at every turn of a timer.
#pragma once

#include "messages/timestamp.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tickmesh {

/// Of one link. Times are ns since any fixed point.
class link_watch {
public:
  /// Silence beyond `patience` is suspect.
  explicit link_watch(nanoseconds patience) : patience_(patience) {}

  /// `progress` differs from the last call's where the receiver has done something since; `is_idle`
  /// where nothing is awaited of it. True when it is time to look for the receiver again: when the
  /// silence exceeds the patience, and from then on after twice as long each time, up to eight
  /// times.
  bool is_due(std::uint64_t progress, bool is_idle, nanoseconds now) {
    if (is_idle || progress != progress_ || !since_) {
      progress_ = progress;
      since_ = last_try_ = now;
      wait_ = patience_;
      return false;
    }
    if (now - last_try_ <= wait_) return false;
    last_try_ = now;
    wait_ = std::min(2 * wait_, 8 * patience_);
    return true;
  }

  /// How long nothing has come of it, where that is suspect.
  std::optional<nanoseconds> suspect_silence(nanoseconds now) const {
    if (!since_ || now - *since_ <= patience_) return std::nullopt;
    return now - *since_;
  }

private:
  nanoseconds patience_;
  std::optional<nanoseconds> since_; ///< of the silence
  nanoseconds last_try_{};
  nanoseconds wait_{};
  std::uint64_t progress_ = 0;
};

} // namespace tickmesh
