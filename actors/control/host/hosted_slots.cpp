#include "actors/control/host/hosted_slots.hpp"

namespace tickmesh {

std::vector<role> downstream_of(role r) {
  if (r == role::data) return {role::calc, role::exec};
  if (r == role::calc) return {role::exec};
  return {};
}

std::vector<role> upstream_of_replica(role r) {
  if (r == role::calc) return {role::data};
  return {};
}

std::set<std::string> partners_of(const cluster_view& view, const std::string& host_id) {
  std::set<std::string> out;
  auto add = [&](const std::string& a, const std::string& b) {
    if (a == host_id) out.insert(b);
    if (b == host_id) out.insert(a);
  };
  for (auto& from : view.slots) {
    for (auto& replica : from.replicas) {
      add(from.host_id, replica.host_id);
      for (auto r : upstream_of_replica(from.slot.of))
        for (auto sender : view.slots_of(r))
          add(view.find(sender)->host_id, replica.host_id);
    }
    for (auto r : downstream_of(from.slot.of))
      for (auto to : view.slots_of(r))
        add(from.host_id, view.find(to)->host_id);
  }
  out.erase(host_id);
  return out;
}

bool has_replica_on(const slot_assignment& assignment, const std::string& host_id) {
  return std::ranges::any_of(assignment.replicas,
                             [&](auto& replica) { return replica.host_id == host_id; });
}

} // namespace tickmesh
