// CAF's scheduler by the reactor: its jobs and timers are those of the loop, but for the jobs of
// worker_actors where there are workers.
#pragma once

#include "runtime/net/job_queue.hpp"
#include "runtime/net/reactor_clock.hpp"
#include "runtime/net/worker_pool.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include <cstddef>
#include <memory>

namespace tickmesh {

/// What scheduler and reactor share. It outlives both: the reactor ends first, and actors that end
/// after it still push jobs.
struct reactor_work {
  job_queue jobs;
  reactor_clock timers{jobs};
  worker_pool workers;

  /// From any thread.
  void push(caf::resumable* job) {
    if (!workers.push(job)) jobs.push(job);
  }
};

class reactor_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  /// With so many threads beside the loop.
  reactor_scheduler(caf::actor_system& system, std::shared_ptr<reactor_work> work,
                    std::size_t workers);

  void start() override;
  void enqueue(caf::resumable* job) override { work_->push(job); }
  caf::actor_clock& clock() noexcept override { return work_->timers; }
  void stop() override;

private:
  std::shared_ptr<reactor_work> work_;
  std::size_t workers_;
};

} // namespace tickmesh
