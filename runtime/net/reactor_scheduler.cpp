#include "runtime/net/reactor_scheduler.hpp"

#include <caf/scoped_execution_unit.hpp>

#include <utility>

namespace tickmesh {

reactor_scheduler::reactor_scheduler(caf::actor_system& system, std::shared_ptr<reactor_work> work,
                                     std::size_t workers)
    : abstract_coordinator(system), work_(std::move(work)), workers_(workers) {}

void reactor_scheduler::start() {
  abstract_coordinator::start();
  work_->workers.start(system(), workers_);
}

void reactor_scheduler::stop() {
  work_->workers.stop(); // what they have is done; what comes for them now is done here
  // The loop is over, so this thread takes its place for what is left.
  caf::scoped_execution_unit unit{&system()};
  {
    job_queue::guard here{work_->jobs};
    work_->jobs.run_all(unit);
  }
  stop_actors();
  job_queue::guard here{work_->jobs};
  work_->timers.cancel_all();
  work_->jobs.run_all(unit);
  work_->jobs.close();
}

} // namespace tickmesh
