// Asks a control host how its cluster is; for the verbs that look at a running cluster. Blocks.
#pragma once

#include "messages/proto/cluster.pb.h"
#include "messages/result.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace tickmesh {

struct status_wishes {
  std::chrono::milliseconds timeout{cluster_settings{}.request_timeout}; ///< of each answer
  bool with_symbols = false; ///< the answer lists the symbols
  bool fresh = false;        ///< what execution says now, not at its last heartbeat
};

/// The answer of the control host. Fails, with the address, where no host or no control host
/// answers.
result<wire::Status> fetch_status(caf::actor_system& system, const endpoint& control,
                                  const status_wishes& wishes);

} // namespace tickmesh
