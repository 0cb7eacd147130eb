#include "runtime/cluster/cluster_view.hpp"

namespace tickmesh {

std::vector<slot_name> cluster_view::slots_of(role r) const {
  std::vector<slot_name> out;
  for (auto& assignment : slots)
    if (assignment.slot.of == r) out.push_back(assignment.slot);
  return out;
}

const slot_assignment* cluster_view::find(slot_name slot) const {
  for (auto& assignment : slots)
    if (assignment.slot == slot) return &assignment;
  return nullptr;
}

std::optional<std::string> cluster_view::host_of(slot_name slot) const {
  auto* assignment = find(slot);
  return assignment != nullptr ? std::optional{assignment->host_id} : std::nullopt;
}

} // namespace tickmesh
