// An actor system that a test drives job by job: virtual time, a seeded order of the jobs, actors
// that can be frozen. It proves at its end that no actor is left alive.
#pragma once

#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Runs `body(seed)` for the seeds 1 to `count`, and names the seed where a check fails.
/// `TICKMESH_TEST_SEED` of the environment runs that seed alone.
template <class Body>
void for_each_seed(std::uint64_t count, Body body) {
  std::uint64_t first = 1;
  if (auto* chosen = std::getenv("TICKMESH_TEST_SEED")) {
    first = std::strtoull(chosen, nullptr, 10);
    count = 1;
  }
  for (auto seed = first; seed < first + count; ++seed) {
    INFO("seed ", seed);
    body(seed);
  }
}

/// Makes something the network of an actor system, as load_reactor() does.
using network_loader = std::function<void(caf::actor_system_config&)>;

/// The project's own set-up of CAF, under a scheduler that only runs what a test tells it to.
class driven_system_config : public actor_system_config {
public:
  explicit driven_system_config(const network_loader& load_network = {})
      : actor_system_config(make_options()) {
    set("scheduler.policy", caf::atom("testing"));
    if (!load_network) return;
    set("middleman.manual-multiplexing", true);
    set("middleman.attach-utility-actors", true);
    set("middleman.workers", std::size_t{0});
    set("middleman.heartbeat-interval", caf::timespan{make_options().network_heartbeat});
    set("middleman.connection-timeout", caf::timespan{make_options().network_timeout});
    load_network(*this);
  }

private:
  static actor_system_options make_options() {
    actor_system_options options;
    options.scheduler = scheduler_kind::caf;
    options.network = false;
    return options;
  }
};

/// Declare it before everything that holds handles of its actors, so that it goes last.
class actor_system_fixture {
public:
  using duration = std::chrono::nanoseconds;

  /// Seed 0 runs jobs in the order in which they came; any other seed draws the next one.
  explicit actor_system_fixture(std::uint64_t seed = 0, const network_loader& load_network = {})
      : config_(load_network), system_(config_),
        scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler())),
        shuffled_(seed != 0), random_(seed) {
    if (std::getenv("TICKMESH_TEST_LOG") == nullptr) set_log_level(log_level::off);
    scheduler_.clock().current_time += std::chrono::hours{1};
    utility_actors_ = system_.registry().running();
  }
  actor_system_fixture(const actor_system_fixture&) = delete;
  actor_system_fixture& operator=(const actor_system_fixture&) = delete;
  ~actor_system_fixture() { end(); }

  caf::actor_system& system() { return system_; }
  caf::scheduler::test_coordinator& scheduler() { return scheduler_; }

  /// Spawns an actor that is told to end with the fixture.
  template <class... Ts>
  caf::actor spawn(Ts&&... arguments) {
    auto handle = system_.spawn(std::forward<Ts>(arguments)...);
    spawned_.push_back(handle);
    return handle;
  }

  duration now() { return scheduler_.clock().current_time.time_since_epoch(); }

  /// A wall clock that shows virtual time.
  std::shared_ptr<host_clock> make_clock() {
    return std::make_shared<host_clock>([this] { return now().count(); });
  }

  /// Keeps the actor from running; its messages wait.
  void freeze(const caf::actor& handle) { frozen_.insert(as_job(handle)); }
  void thaw(const caf::actor& handle) { frozen_.erase(as_job(handle)); }

  /// Whose job is run now: it may be frozen like an actor, as one that waits for its disk is.
  caf::resumable* running() const { return running_; }
  void freeze(caf::resumable* job) { frozen_.insert(job); }
  void thaw(caf::resumable* job) { frozen_.erase(job); }

  /// Lets time pass by `step` after every `jobs` jobs, so that timers fire amid the work.
  void let_time_pass_while_working(std::uint64_t jobs, duration step) {
    jobs_per_step_ = jobs;
    working_step_ = step;
  }

  /// Runs one message of one actor; false when there is nothing to run.
  bool step() {
    auto& jobs = scheduler_.jobs;
    auto next = choose_job();
    if (next == jobs.size()) return false;
    if (next != 0) {
      auto position = jobs.begin() + static_cast<std::ptrdiff_t>(next);
      std::rotate(jobs.begin(), position, position + 1);
    }
    running_ = jobs.front();
    scheduler_.run_once();
    running_ = nullptr;
    if (++jobs_run_ > jobs_max) throw std::runtime_error{"the actors never come to rest"};
    if (jobs_per_step_ != 0 && jobs_run_ % jobs_per_step_ == 0)
      scheduler_.clock().advance_time(working_step_);
    return true;
  }

  /// Runs until nothing is left to do at the present time.
  void run() {
    while (step()) {
    }
  }

  /// Lets `time` pass in steps that are shorter than any timer of the project.
  void pass(duration time) {
    run();
    for (auto end = now() + time; now() < end;) {
      scheduler_.clock().advance_time(std::min<duration>(time_step, end - now()));
      run();
    }
  }

  /// Works, and lets time pass where there is no work, until `condition` holds; false when it does
  /// not within `limit` of virtual time.
  template <class Condition>
  bool run_until(Condition condition, duration limit) {
    auto deadline = now() + limit;
    for (;;) {
      while (!condition() && step()) {
      }
      if (condition()) return true;
      if (now() >= deadline) return false;
      scheduler_.clock().advance_time(time_step);
    }
  }

  /// Actors that have not ended, CAF's own left out.
  std::size_t alive() { return system_.registry().running() - utility_actors_; }

  /// Ends what was spawned here; an actor that outlives its parent is a failure.
  void end() {
    if (std::exchange(ended_, true)) return;
    frozen_.clear();
    jobs_per_step_ = 0;
    scheduler_.clock().cancel_all();
    for (auto& handle : spawned_)
      caf::anon_send_exit(handle, caf::exit_reason::user_shutdown);
    spawned_.clear();
    run();
    scheduler_.clock().cancel_all();
    run();
    auto left = alive();
    CHECK_MESSAGE(left == 0, "actors left alive: ", left);
    if (left != 0) system_.await_actors_before_shutdown(false);
  }

private:
  static constexpr std::uint64_t jobs_max = 20'000'000;
  static constexpr duration time_step = std::chrono::milliseconds{5};

  static caf::resumable* as_job(const caf::actor& handle) {
    return dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(handle));
  }

  /// Position of the job to run; the number of jobs when there is none.
  std::size_t choose_job() {
    auto& jobs = scheduler_.jobs;
    if (frozen_.empty()) return shuffled_ && !jobs.empty() ? random_() % jobs.size() : 0;
    std::vector<std::size_t> runnable;
    for (std::size_t i = 0; i < jobs.size(); ++i)
      if (!frozen_.contains(jobs[i])) runnable.push_back(i);
    if (runnable.empty()) return jobs.size();
    return runnable[shuffled_ ? random_() % runnable.size() : 0];
  }

  driven_system_config config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator& scheduler_;
  bool shuffled_;
  std::mt19937_64 random_;
  std::vector<caf::actor> spawned_;
  std::set<caf::resumable*> frozen_;
  caf::resumable* running_ = nullptr;
  std::uint64_t jobs_run_ = 0;
  std::uint64_t jobs_per_step_ = 0;
  duration working_step_{};
  std::size_t utility_actors_ = 0;
  bool ended_ = false;
};

} // namespace tickmesh
