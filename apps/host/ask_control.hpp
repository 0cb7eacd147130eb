// Asks a control host something; for the verbs that look at a running cluster, or change it.
// Blocks.
#pragma once

#include "messages/proto/cluster.pb.h"
#include "messages/result.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>

namespace tickmesh {

/// The control host's answer, of that kind. Fails, with the address, where no host or no control
/// host answers within `timeout`, which holds for each step of the way.
result<wire::ControlMessage> ask_control(caf::actor_system& system, const endpoint& control,
                                         const wire::ControlMessage& question,
                                         wire::ControlMessage::BodyCase answer,
                                         std::chrono::milliseconds timeout);

} // namespace tickmesh
