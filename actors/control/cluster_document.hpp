// The cluster's state for people and programs: the Status message, and the file cluster.json that
// the control host leaves with the results.
#pragma once

#include "actors/control/cluster_state.hpp"
#include "messages/proto/cluster.pb.h"

#include <map>
#include <string>

namespace tickmesh {

/// What make_status needs beside the state machine.
struct status_inputs {
  std::string cluster_name;
  std::string control_boot_id;
  std::map<std::string, wire::ExecutionTotals> execution; ///< last totals by host
  nanoseconds now{};                                      ///< on the clock of cluster_state
  std::int64_t wall_now_ns = 0;                           ///< the same moment in UTC
};

wire::Status make_status(const cluster_state& cluster, const status_inputs& inputs);

/// JSON of a Status: everything in it, by the names of cluster.proto.
std::string cluster_document(const wire::Status& status);

} // namespace tickmesh
