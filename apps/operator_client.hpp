// Hands an operator's command to the execution slots of a running cluster. Blocks.
#pragma once

#include "actors/execution/operator_command.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/cluster_settings.hpp"

#include <caf/all.hpp>

#include <vector>

namespace tickmesh {

struct slot_answer {
  slot_name slot{};
  endpoint host;
  operator_outcome outcome;
};

/// The control host names the hosts of all execution slots; each is then asked straight.
result<std::vector<slot_answer>> command_by_control(caf::actor_system& system,
                                                    const endpoint& control,
                                                    const operator_command& command);

/// For when no control host answers: the execution slot of this host.
result<std::vector<slot_answer>> command_at_host(caf::actor_system& system, const endpoint& host,
                                                 const operator_command& command);

} // namespace tickmesh
