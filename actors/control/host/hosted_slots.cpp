#include "actors/control/host/hosted_slots.hpp"

namespace tickmesh {

std::vector<role> downstream_of(role r) {
  if (r == role::data) return {role::calc, role::exec};
  if (r == role::calc) return {role::exec};
  return {};
}

bool has_replica_on(const slot_assignment& assignment, const std::string& host_id) {
  return std::ranges::any_of(assignment.replicas,
                             [&](auto& replica) { return replica.host_id == host_id; });
}

} // namespace tickmesh
