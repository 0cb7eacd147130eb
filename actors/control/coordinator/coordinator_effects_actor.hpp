// How the coordinator carries out what cluster_state decides. For coordinator alone.
#pragma once

#include "actors/control/coordinator/coordinator_actor.hpp"

#include <caf/all.hpp>

#include <memory>
#include <string>

namespace tickmesh {

using options_ptr = std::shared_ptr<const coordinator_options>;

void run_effects(coordinator_actor* self, const options_ptr& options,
                 const cluster_effects& effects);

/// To the host's agent, where it can be reached.
void send_to(coordinator_actor* self, const std::string& host_id,
             const wire::ControlMessage& message);

/// From now on this is the host's agent.
void take_agent(coordinator_actor* self, const std::string& host_id, const caf::actor& agent);

wire::Status current_status(coordinator_actor* self, const coordinator_options& options,
                            bool with_symbols = false);

} // namespace tickmesh
