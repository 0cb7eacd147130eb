// A socket that the reactor watches.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace tickmesh {

class pollable {
public:
  using instant = std::chrono::steady_clock::time_point;

  virtual ~pollable() = default;

  virtual int descriptor() const = 0;

  /// `events` are those of epoll(7).
  virtual void on_events(std::uint32_t events) = 0;

  /// The deadline that was set has passed.
  virtual void on_deadline() = 0;

  std::optional<instant> deadline;
};

} // namespace tickmesh
