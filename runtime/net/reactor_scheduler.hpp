// CAF's scheduler without threads: its jobs and timers are those of the reactor's loop.
#pragma once

#include "runtime/net/job_queue.hpp"
#include "runtime/net/reactor_clock.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include <memory>

namespace tickmesh {

/// What scheduler and reactor share. It outlives both: the reactor ends first, and actors that end
/// after it still push jobs.
struct reactor_work {
  job_queue jobs;
  reactor_clock timers{jobs};
};

class reactor_scheduler final : public caf::scheduler::abstract_coordinator {
public:
  reactor_scheduler(caf::actor_system& system, std::shared_ptr<reactor_work> work);

  void enqueue(caf::resumable* job) override { work_->jobs.push(job); }
  caf::actor_clock& clock() noexcept override { return work_->timers; }
  void stop() override;

private:
  std::shared_ptr<reactor_work> work_;
};

} // namespace tickmesh
