#include "actors/control/wire/view_codec.hpp"

namespace tickmesh {

wire::Replica to_wire(const replica_assignment& replica) {
  wire::Replica out;
  out.set_host_id(replica.host_id);
  out.set_in_sync(replica.in_sync);
  out.set_since(replica.since.value);
  return out;
}

replica_assignment from_wire(const wire::Replica& replica) {
  return {replica.host_id(), replica.in_sync(), epoch{replica.since()}};
}

wire::SlotAssignment to_wire(const slot_assignment& assignment) {
  wire::SlotAssignment out;
  out.set_role(static_cast<std::uint32_t>(assignment.slot.of));
  out.set_index(assignment.slot.index);
  out.set_host_id(assignment.host_id);
  out.set_since(assignment.since.value);
  for (auto& replica : assignment.replicas)
    *out.add_replicas() = to_wire(replica);
  return out;
}

} // namespace tickmesh
