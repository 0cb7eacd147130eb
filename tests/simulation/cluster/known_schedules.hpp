// Schedules of faults that found a mistake once, written down so that they do not depend on what a
// seed draws.
#pragma once

#include "tests/simulation/cluster/cluster_plan.hpp"

#include <string>
#include <vector>

namespace tickmesh {

struct known_schedule {
  std::string name; ///< what must hold
  cluster_plan plan;
};

std::vector<known_schedule> known_schedules();

} // namespace tickmesh
