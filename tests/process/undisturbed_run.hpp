// The market that tests of kills trade on, and the results of a run that nobody has disturbed.
#pragma once

#include "tests/process/cluster_run.hpp"

namespace tickmesh {

inline arguments market(double speed) {
  return sim_flags(40'000, 2'000, speed);
}

inline const merged_run& undisturbed_run() {
  static const merged_run run = [] {
    scratch_directory scratch;
    return run_embedded(scratch, market(0));
  }();
  return run;
}

} // namespace tickmesh
