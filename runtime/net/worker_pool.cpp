#include "runtime/net/worker_pool.hpp"

#include "runtime/net/worker_actor.hpp"

#include <caf/scoped_execution_unit.hpp>

#include <cstdint>

namespace tickmesh {

namespace {

/// Messages that an actor handles before others have their turn.
constexpr std::size_t messages_a_turn = 32;

/// Which of several workers has a job: by its address, of which neighbours differ in higher bits.
std::size_t place_of(const caf::resumable* job, std::size_t workers) {
  auto address = reinterpret_cast<std::uintptr_t>(job);
  return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> 32U) % workers;
}

} // namespace

void worker_pool::start(caf::actor_system& system, std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    workers_.push_back(std::make_unique<worker>(system));
}

bool worker_pool::push(caf::resumable* job) {
  if (workers_.empty() || dynamic_cast<worker_actor*>(job) == nullptr) return false;
  return workers_[place_of(job, workers_.size())]->push(job);
}

void worker_pool::stop() {
  for (auto& each : workers_)
    each->stop();
}

bool worker_pool::worker::push(caf::resumable* job) {
  bool was_empty = false;
  {
    std::lock_guard lock{mutex_};
    if (is_stopping_) return false;
    was_empty = jobs_.empty();
    jobs_.push_back(job);
  }
  if (was_empty) changed_.notify_one();
  return true;
}

void worker_pool::worker::stop() {
  {
    std::lock_guard lock{mutex_};
    is_stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void worker_pool::worker::run(caf::actor_system& system) {
  caf::scoped_execution_unit unit{&system};
  std::vector<caf::resumable*> taken;
  std::vector<caf::resumable*> again;
  for (;;) {
    {
      std::unique_lock lock{mutex_};
      if (again.empty()) changed_.wait(lock, [this] { return is_stopping_ || !jobs_.empty(); });
      taken.swap(jobs_);
    }
    taken.insert(taken.end(), again.begin(), again.end());
    again.clear();
    if (taken.empty()) return; // stopping, and nothing is left
    for (auto* job : taken)
      switch (job->resume(&unit, messages_a_turn)) {
      case caf::resumable::resume_later: again.push_back(job); break;
      case caf::resumable::done:
      case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
      case caf::resumable::shutdown_execution_unit: break;
      }
    taken.clear();
  }
}

} // namespace tickmesh
