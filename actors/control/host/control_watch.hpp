// What a host makes of its control host: how long to try to reach it, whether it is still there,
// and why it is not. Plain classes behind host_agent. Times are ns since any fixed point.
#pragma once

#include "actors/control/cluster/pause_detector.hpp"
#include "messages/timestamp.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace tickmesh {

/// Before a host has joined.
class join_attempts {
public:
  void begin(std::chrono::milliseconds timeout, nanoseconds now) {
    timeout_ = timeout;
    deadline_ = now + timeout;
  }

  /// An attempt failed, and why.
  void failed(std::string problem) { last_problem_ = std::move(problem); }

  /// Why no more is tried, once the time is over.
  std::optional<std::string> give_up(const endpoint& target, nanoseconds now) const;

private:
  std::chrono::milliseconds timeout_{};
  nanoseconds deadline_{};
  std::string last_problem_;
};

/// Since it has joined.
class control_watch {
public:
  /// The control host has taken this host in. judge() is to be called four times in `timeout`.
  void begin(std::string control_host, std::chrono::milliseconds timeout, nanoseconds now);

  bool is_on() const { return pauses_.has_value(); }
  const std::string& host() const { return control_host_; }
  /// Silence after which a host counts as failed.
  std::chrono::milliseconds timeout() const { return timeout_; }

  void heard(nanoseconds now);

  /// Why this host must stop: the control host has been silent for too long, this host's own pauses
  /// not counted.
  std::optional<std::string> judge(nanoseconds now);

  /// The connection breaks where either end was held up: which one it was.
  std::string describe_loss(nanoseconds now);

private:
  void advance(nanoseconds now) { silence_ += pauses_->advance(now); }
  std::int64_t silence_ms() const { return silence_.count() / 1'000'000; }

  std::string control_host_;
  std::chrono::milliseconds timeout_{5000};
  std::optional<pause_detector> pauses_; ///< of this host
  nanoseconds silence_{};                ///< of the control host
};

} // namespace tickmesh
