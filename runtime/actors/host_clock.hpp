// The wall clock of a host, corrected to the control host's. For delays only: no result reads it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace tickmesh {

class host_clock {
public:
  using reader = std::function<std::int64_t()>;

  /// `now` returns UTC ns; tests pass their own.
  explicit host_clock(reader now) : now_(std::move(now)) {}

  /// The machine's real-time clock.
  static std::shared_ptr<host_clock> system() {
    return std::make_shared<host_clock>([] {
      return std::chrono::duration_cast<std::chrono::nanoseconds>(
                 std::chrono::system_clock::now().time_since_epoch())
          .count();
    });
  }

  std::int64_t local_ns() const { return now_(); }

  /// Nanoseconds on the control host's clock.
  std::int64_t control_ns() const { return now_() - offset_ns_.load(std::memory_order_relaxed); }

  /// This host's clock - the control host's.
  void set_offset_ns(std::int64_t offset) { offset_ns_.store(offset, std::memory_order_relaxed); }
  std::int64_t offset_ns() const { return offset_ns_.load(std::memory_order_relaxed); }

private:
  reader now_;
  std::atomic<std::int64_t> offset_ns_{0};
};

} // namespace tickmesh
