// The cluster's state for people and programs: the Status message, and the file cluster.json that
// the control host leaves with the results.
#pragma once

#include "actors/control/cluster/cluster_state.hpp"
#include "messages/proto/cluster.pb.h"

#include <map>
#include <optional>
#include <string>

namespace tickmesh {

/// What make_status needs beside the state machine.
struct status_inputs {
  std::string cluster_name;
  std::string control_boot_id;
  std::uint16_t data_replication = 1; ///< copies of each data slot that are wanted
  std::map<std::string, wire::ExecutionTotals> execution; ///< last totals by host
  nanoseconds now{};                                      ///< on the clock of cluster_state
  std::int64_t wall_now_ns = 0;                           ///< the same moment in UTC
  std::uint64_t configuration_hash = 0;
  std::uint64_t schema_hash = 0;
  bool with_symbols = false; ///< lists the symbols of the view
};

wire::Status make_status(const cluster_state& cluster, const status_inputs& inputs);

/// Copies of a data slot that hold every accepted tick: the owner's, and the replicas in sync.
int copies_in_sync(const wire::SlotAssignment& slot);

/// True where the loss of one host would lose accepted ticks although more copies are wanted.
bool is_single_copy(const wire::Status& status, const wire::SlotAssignment& slot);

/// Since when the session of a broker is where it is, in event time; nothing where that was before
/// the first tick.
std::optional<std::string> known_since(const wire::BrokerSession& session);

/// JSON of a Status: everything in it, by the names of cluster.proto.
std::string cluster_document(const wire::Status& status);

} // namespace tickmesh
