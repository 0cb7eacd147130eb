// `tickmesh limits set`: what a file of changes does to the limits that hold, and whether somebody
// agrees.
#pragma once

#include "apps/host/operator_client.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct limits_set_flags {
  std::string file;
  bool yes = false; ///< loosens without asking
  bool json = false;
  answer_timeout timeout{}; ///< of each slot
};

/// What one execution slot is to be told.
struct planned_limits {
  execution_place place;
  limits_change change;
  nlohmann::ordered_json described; ///< see describe_limits
};

/// What is to be done, or why nothing is: then `code` is the exit code.
struct limits_plan {
  std::vector<planned_limits> changes;
  std::optional<int> code;
};

/// Asks each slot what limits hold, and prints what the file changes of them. What lets more pass
/// than before has to be agreed to: on a terminal it is asked for, elsewhere --yes says so.
limits_plan plan_limits(caf::actor_system& system, const std::vector<execution_place>& places,
                        const limits_set_flags& flags);

} // namespace tickmesh
