// Whether the queues of a simulated host are within the limits that have a name.
#pragma once

#include "apps/settings/settings.hpp"

#include <optional>
#include <string>

namespace tickmesh {

struct host_agent_state;

/// The first queue of the host's agent and slots that is longer than it may be: its name, its
/// length and its limit.
std::optional<std::string> find_long_queue(const host_agent_state& agent, const settings& config);

} // namespace tickmesh
