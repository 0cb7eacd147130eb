#include "runtime/net/event_wait.hpp"

#include <cerrno>
#include <system_error>

namespace tickmesh {

namespace {

/// Rounded up, so that what is due is due when the wait is over.
int whole_milliseconds(const timespec* timeout) {
  if (timeout == nullptr) return -1;
  constexpr time_t seconds_max = 3'600;
  if (timeout->tv_sec >= seconds_max) return seconds_max * 1'000;
  return static_cast<int>(timeout->tv_sec * 1'000 + (timeout->tv_nsec + 999'999) / 1'000'000);
}

} // namespace

std::size_t event_wait::wait(int epoll, std::span<epoll_event> events, const timespec* timeout) {
  auto room = static_cast<int>(events.size());
  int count = -1;
  if (is_exact_) {
    count = ::epoll_pwait2(epoll, events.data(), room, timeout, nullptr);
    is_exact_ = count >= 0 || (errno != ENOSYS && errno != EPERM);
  }
  if (!is_exact_) count = ::epoll_wait(epoll, events.data(), room, whole_milliseconds(timeout));
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EINTR) return 0;
  throw std::system_error{errno, std::generic_category(), "waiting for sockets"};
}

} // namespace tickmesh
