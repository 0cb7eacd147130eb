// A running process of tickmesh: puts the actors of its roles together and waits for their end.
#pragma once

#include "actors/control/coordinator/coordinator_actor.hpp"
#include "apps/settings/settings.hpp"
#include "messages/result.hpp"

#include <functional>
#include <string>

namespace tickmesh {

struct process_options {
  settings config;
  bool recover = false;  ///< accept hosts that have seen another cluster or epoch
  bool embedded = false; ///< all roles in one process: nothing listens
  /// Told how the cluster is at every heartbeat and at its end (control host only).
  std::function<void(const wire::Status&)> on_status{};
  /// Called when the source has been read, before the first actor starts.
  std::function<void()> on_prepared{};
};

/// Runs until the cluster has ended or this host has stopped. Fails before anything is started,
/// with what is wrong: a source that can't be read, a port that is taken, an unwritable directory.
/// SIGTERM and SIGINT stop in order; a second one ends the process at once.
result<host_outcome> run_process(const process_options& options);

/// Where a host's parts of the results are: `RESULTS/parts/HOST`.
std::string parts_directory(const host_settings& host);

} // namespace tickmesh
