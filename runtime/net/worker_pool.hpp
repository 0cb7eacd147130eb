// Threads beside the reactor's loop that run the jobs of worker_actors.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/resumable.hpp>

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace tickmesh {

/// Every job that is pushed holds one reference to itself, which the pool takes over. A job is
/// always run by the same thread, whose caches have its memory.
class worker_pool {
public:
  worker_pool() = default;
  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;
  ~worker_pool() { stop(); }

  /// Called once, before any push.
  void start(caf::actor_system& system, std::size_t threads);

  /// From any thread. False when the job is none for workers, or they have stopped: it is the
  /// loop's.
  bool push(caf::resumable* job);

  /// Waits until all that was pushed has been run; from now on nothing is taken.
  void stop();

private:
  class worker {
  public:
    explicit worker(caf::actor_system& system) : thread_([this, &system] { run(system); }) {}
    bool push(caf::resumable* job);
    void stop();

  private:
    void run(caf::actor_system& system);

    std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::vector<caf::resumable*> jobs_;
    bool is_stopping_ = false;

    std::thread thread_; ///< the last member: it uses the others
  };

  std::vector<std::unique_ptr<worker>> workers_;
};

} // namespace tickmesh
