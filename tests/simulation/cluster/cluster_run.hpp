// Runs a plan: all hosts in one process on virtual time, on a network and on disks in memory, with
// the composition that a process has; and checks what it must never do.
#pragma once

#include "tests/simulation/cluster/cluster_plan.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// Rows of the results by file, sorted, those of all hosts together.
using result_lines = std::map<std::string, std::vector<std::string>>;

struct cluster_outcome {
  std::vector<std::string> violations;
  std::vector<std::string> history; ///< what happened when
  std::map<std::string, std::uint64_t> counts;
  bool is_comparable = true; ///< no part of a live market is lost
  bool is_whole = false;     ///< the rows are to be those of a run without faults
  std::chrono::nanoseconds virtual_time{};
  std::string fault; ///< why the cluster has ended, where that was not in order
  result_lines rows;
};

/// Runs the plan to its end, or until nothing happens any more.
cluster_outcome run_plan(const cluster_plan& plan, bool traces = false);

/// The same, and compares the results with those of the run without faults.
cluster_outcome check_plan(const cluster_plan& plan, bool traces = false);

} // namespace tickmesh
