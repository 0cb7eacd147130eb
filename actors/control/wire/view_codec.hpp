// Conversions between the parts of a cluster view and cluster.proto, for messages and documents.
#pragma once

#include "messages/proto/cluster.pb.h"
#include "runtime/cluster/cluster_view.hpp"

namespace tickmesh {

wire::Replica to_wire(const replica_assignment& replica);
replica_assignment from_wire(const wire::Replica& replica);

/// Without the address of the host, which a view does not know.
wire::SlotAssignment to_wire(const slot_assignment& assignment);

} // namespace tickmesh
