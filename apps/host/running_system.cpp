#include "apps/host/running_system.hpp"

#include "runtime/telemetry/log.hpp"

#include <chrono>
#include <future>
#include <thread>

namespace tickmesh {

namespace {

/// How long the actors' world may take to end when all its work is done and written.
constexpr std::chrono::seconds system_end_timeout{2};

} // namespace

void end_system(std::unique_ptr<running_system> running) {
  // The destructor waits for the log of CAF, too, which this thread would hold on to.
  caf::logger::set_current_actor_system(nullptr);
  auto ended = std::make_shared<std::promise<void>>();
  std::thread{[ended, world = running.release()] {
    delete world;
    ended->set_value();
  }}.detach();
  if (ended->get_future().wait_for(system_end_timeout) != std::future_status::ready)
    log_debug("the actor system did not end within {} s", system_end_timeout.count());
}

} // namespace tickmesh
