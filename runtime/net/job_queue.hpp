// What an event loop has to do besides its sockets: jobs of CAF, mostly actors with messages.
#pragma once

#include "runtime/net/file_descriptor.hpp"

#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace tickmesh {

/// Every job that is pushed holds one reference to itself, which the queue takes over.
class job_queue {
public:
  job_queue();
  job_queue(const job_queue&) = delete;
  job_queue& operator=(const job_queue&) = delete;

  /// From any thread; wakes the loop when it waits.
  void push(caf::resumable* job);

  /// Whether the calling thread runs the loop.
  bool is_here() const;

  /// Makes the calling thread the loop's, for as long as the guard lives.
  class guard {
  public:
    explicit guard(job_queue& queue);
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard();

  private:
    job_queue* before_;
  };

  /// Runs jobs for about as long as `limit`; false when none is left. In the loop's thread only.
  bool run(caf::execution_unit& unit, std::chrono::nanoseconds limit);

  /// Runs jobs until none is left. In the loop's thread only.
  void run_all(caf::execution_unit& unit);

  /// Becomes readable when another thread pushes a job while the loop waits; need not be read when
  /// it is watched by edges.
  int wake_descriptor() const { return wake_.number(); }

  /// Says that the loop is about to wait; false when there is a job, and it should not.
  bool begin_wait();
  void end_wait() { waits_.store(false, std::memory_order_relaxed); }

  /// The loop is over: what is left is ended, and from now on what is pushed is at once. Has to
  /// come while the actor system still lives, as the queue may outlive it.
  void close();

private:
  void take_from_others();
  bool run_one(caf::execution_unit& unit);

  std::deque<caf::resumable*> jobs_; ///< of the loop's thread
  std::mutex mutex_;
  std::vector<caf::resumable*> from_others_; ///< guarded by mutex_
  std::atomic<bool> has_others_{false};
  std::atomic<bool> waits_{false};
  bool is_closed_ = false; ///< guarded by mutex_
  file_descriptor wake_;
};

} // namespace tickmesh
