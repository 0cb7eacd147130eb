// How the supervisors of a slot are set, as its host's settings have it.
#pragma once

#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/slot_protocol.hpp"

namespace tickmesh {

/// The jitter of each slot, and of each owner of it, is another one.
supervisor_options supervision_of(const slot_context& context,
                                  restart_strategy strategy = restart_strategy::one_for_one);

} // namespace tickmesh
