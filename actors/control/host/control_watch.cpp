#include "actors/control/host/control_watch.hpp"

#include "actors/control/cluster/registry.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::optional<std::string> join_attempts::give_up(const endpoint& target, nanoseconds now) const {
  if (now <= deadline_) return std::nullopt;
  return fmt::format("cannot reach the control host at {}:{} within {} ms: {}; start it first, or "
                     "correct --join",
                     target.address, target.port, timeout_.count(), last_problem_);
}

void control_watch::begin(std::string control_host, std::chrono::milliseconds timeout,
                          nanoseconds now) {
  control_host_ = std::move(control_host);
  timeout_ = timeout;
  pauses_.emplace(timeout / 2, now);
  silence_ = {};
}

void control_watch::heard(nanoseconds now) {
  if (pauses_) pauses_->advance(now);
  silence_ = {};
}

std::optional<std::string> control_watch::judge(nanoseconds now) {
  advance(now);
  if (silence_ <= timeout_) return std::nullopt;
  return fmt::format("control host {} has been silent for {} ms", control_host_, silence_ms());
}

std::string control_watch::describe_loss(nanoseconds now) {
  auto lost = fmt::format("lost the connection to control host {}", control_host_);
  if (!pauses_) return lost;
  advance(now);
  if (auto pause = pauses_->recent())
    return fmt::format("this host itself was held up for {}, and {}", format_seconds(*pause), lost);
  if (silence_ < timeout_ / 2) return lost;
  return fmt::format("{}, which had been silent for {} ms", lost, silence_ms());
}

} // namespace tickmesh
