#include "runtime/net/job_queue.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace tickmesh {

namespace {

/// Messages that an actor handles before others have their turn.
constexpr std::size_t messages_a_turn = 32;
/// Jobs between two looks at the clock.
constexpr int jobs_a_look = 8;

thread_local job_queue* queue_here = nullptr;

void end_job(caf::resumable* job) {
  caf::scheduler::abstract_coordinator::cleanup_and_release(job);
}

} // namespace

job_queue::job_queue() : wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!wake_) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void job_queue::close() {
  {
    std::lock_guard lock{mutex_};
    is_closed_ = true;
  }
  take_from_others();
  // What ends may push others.
  while (!jobs_.empty()) {
    auto* job = jobs_.front();
    jobs_.pop_front();
    end_job(job);
  }
}

void job_queue::push(caf::resumable* job) {
  if (is_here()) {
    jobs_.push_back(job);
    return;
  }
  {
    std::unique_lock lock{mutex_};
    if (is_closed_) {
      lock.unlock();
      return end_job(job);
    }
    from_others_.push_back(job);
    has_others_.store(true);
  }
  // Only the first of several wakes it.
  if (!waits_.load() || !waits_.exchange(false)) return;
  std::uint64_t one = 1;
  [[maybe_unused]] auto written = ::write(wake_.number(), &one, sizeof(one));
}

bool job_queue::is_here() const {
  return queue_here == this;
}

job_queue::guard::guard(job_queue& queue) : before_(std::exchange(queue_here, &queue)) {}

job_queue::guard::~guard() {
  queue_here = before_;
}

bool job_queue::begin_wait() {
  waits_.store(true);
  // A push that came before was seen here; one that comes later sees that the loop waits.
  if (!has_others_.load()) return true;
  end_wait();
  return false;
}

void job_queue::take_from_others() {
  if (!has_others_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock{mutex_};
  jobs_.insert(jobs_.end(), from_others_.begin(), from_others_.end());
  from_others_.clear();
  has_others_.store(false);
}

bool job_queue::run_one(caf::execution_unit& unit) {
  if (jobs_.empty()) return false;
  auto* job = jobs_.front();
  jobs_.pop_front();
  switch (job->resume(&unit, messages_a_turn)) {
  case caf::resumable::resume_later: jobs_.push_back(job); break;
  case caf::resumable::done:
  case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
  case caf::resumable::shutdown_execution_unit: break;
  }
  return true;
}

bool job_queue::run(caf::execution_unit& unit, std::chrono::nanoseconds limit) {
  take_from_others();
  if (jobs_.empty()) return false;
  auto until = std::chrono::steady_clock::now() + limit;
  do {
    for (int i = 0; i < jobs_a_look; ++i)
      if (!run_one(unit)) return has_others_.load(std::memory_order_relaxed);
  } while (std::chrono::steady_clock::now() < until);
  return true;
}

void job_queue::run_all(caf::execution_unit& unit) {
  do
    take_from_others();
  while (run_one(unit));
}

} // namespace tickmesh
