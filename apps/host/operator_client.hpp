// Hands an operator's command to the execution slots of a running cluster, or asks them what limits
// hold. Blocks.
#pragma once

#include "actors/execution/events/operator_command.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <vector>

namespace tickmesh {

/// How long to wait for each answer; for that to a command, twice as long: it has to be on disk.
using answer_timeout = std::chrono::milliseconds;

/// An execution slot, and where its host listens.
struct execution_place {
  slot_name slot{};
  endpoint host;
};

/// The control host names the hosts of all execution slots.
result<std::vector<execution_place>>
find_execution(caf::actor_system& system, const endpoint& control, answer_timeout timeout);

/// What the slot made of the command. Fails where nobody knows whether it heard it.
result<operator_outcome> tell_execution(caf::actor_system& system, const execution_place& place,
                                        const operator_command& command, answer_timeout timeout);

/// What limits hold at the slot.
result<limits_in_force> ask_limits(caf::actor_system& system, const execution_place& place,
                                   answer_timeout timeout);

} // namespace tickmesh
