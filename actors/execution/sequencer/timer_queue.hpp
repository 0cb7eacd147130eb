// Timers of orders, by due time. Used by event_sequencer.
#pragma once

#include "actors/execution/events/execution_events.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

namespace tickmesh {

/// Timers leave by due time, then in the order in which they were armed. Those of one purpose are
/// all armed for the same span, so that each purpose is a queue whose back is nearly always last.
class timer_queue {
public:
  void arm(const timer_due& timer, timestamp due);

  /// Takes the timer out, where it is armed.
  void disarm(const timer_due& timer);

  bool empty() const { return next() == purposes; }
  bool has_only_recurring() const; ///< or none
  timestamp next_due() const;      ///< end_of_time when there is none
  timer_due take();                ///< precondition: !empty()

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [queues, armed] = *this;
    archive(queues, armed);
  }

private:
  struct armed_timer {
    timestamp due{};
    std::uint64_t number = 0;
    timer_due timer;

    template <class Archive>
    void persist(Archive& archive) {
      archive(due, number, timer);
    }
  };
  static constexpr std::size_t purposes = timer_purpose_count;

  std::size_t next() const; ///< the queue whose front is first; `purposes` when all are empty

  std::array<std::deque<armed_timer>, purposes> queues_;
  std::uint64_t armed_ = 0;
};

} // namespace tickmesh
