// Waiting for events of sockets, to the nanosecond where the system can.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <span>
#include <time.h>

namespace tickmesh {

class event_wait {
public:
  /// `is_exact`: by epoll_pwait2(2), of Linux 5.11; where it is missing, or a sandbox forbids it,
  /// by epoll_wait(2), in whole milliseconds.
  explicit event_wait(bool is_exact = true) : is_exact_(is_exact) {}

  /// Waits for as long as `timeout`; null: without an end. The number of events; those of a wait
  /// that a signal interrupted are none.
  std::size_t wait(int epoll, std::span<epoll_event> events, const timespec* timeout);

private:
  bool is_exact_;
};

} // namespace tickmesh
