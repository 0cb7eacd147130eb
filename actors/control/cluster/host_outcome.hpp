// How a host's work, or the cluster's, has ended. Plain values.
#pragma once

#include <string>

namespace tickmesh {

/// How a process, or the cluster, has ended.
struct host_outcome {
  int exit_code = 0;
  std::string reason;
};

} // namespace tickmesh
