// The clock that time-outs read while the market is silent: time of events, carried on from the
// last one that raised it by a steady clock. So it is near the wall clock while data is live, stays
// in the time of old data, and sees no clock that is set back or forth. Plain class behind
// exec_slot.
#pragma once

#include "messages/timestamp.hpp"

#include <chrono>
#include <optional>

namespace tickmesh {

class event_clock {
public:
  using steady_time = std::chrono::steady_clock::time_point;

  /// News gets a time that is not older than `interval`.
  explicit event_clock(nanoseconds interval) : interval_(interval) {}

  /// Time of the last event that raised it; the beginning of time when none has.
  timestamp last_event() const { return last_event_; }

  /// An event of time `t` was numbered at `seen`.
  void follow(timestamp t, steady_time seen) {
    last_event_ = t;
    seen_ = seen;
  }

  /// The time to number before news, where the log's `last` is too old for it.
  std::optional<timestamp> time_for_news(steady_time at, timestamp last) const {
    if (!has_time()) return std::nullopt;
    auto now = time_at(at);
    return now - last >= interval_ ? std::optional{now} : std::nullopt;
  }

  /// The time to number because a timer waits for it.
  std::optional<timestamp> time_for_timer(steady_time at, timestamp next_timer) const {
    if (!has_time()) return std::nullopt;
    auto now = time_at(at);
    return next_timer <= now ? std::optional{now} : std::nullopt;
  }

private:
  bool has_time() const { return last_event_ != timestamp::min(); }
  timestamp time_at(steady_time at) const {
    return last_event_ + std::chrono::duration_cast<nanoseconds>(at - seen_);
  }

  nanoseconds interval_;
  timestamp last_event_ = timestamp::min();
  steady_time seen_{};
};

} // namespace tickmesh
