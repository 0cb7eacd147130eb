// The actors' world of a process, and its end within a bound.
#pragma once

#include "runtime/actors/actor_system.hpp"

#include <memory>

namespace tickmesh {

/// The world with the settings that it points to.
struct running_system {
  explicit running_system(const actor_system_options& options) : config(options) {}
  actor_system_config config;
  caf::actor_system system{config};
};

/// In CAF 0.17 the last message about the end of a detached actor can stay behind with a reference
/// to it, and the destructor of the system then waits for that actor for ever (mended upstream in
/// 0.18). By now all results are on disk and the control host knows that this host has stopped, so
/// the process ends without the rest.
void end_system(std::unique_ptr<running_system> running);

} // namespace tickmesh
