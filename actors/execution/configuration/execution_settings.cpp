#include "actors/execution/configuration/execution_settings.hpp"

#include <algorithm>

namespace tickmesh {

std::vector<broker_settings> execution_settings::all_brokers() const {
  if (!brokers.empty()) return brokers;
  std::vector<broker_settings> out{{primary_broker, broker, sim}};
  if (backup_broker.empty()) return out;
  out.push_back({backup_broker, broker, sim});
  ++out.back().sim.seed; // what the one has not taken is no worse off at the other
  return out;
}

const std::string* execution_settings::broker_name(broker_id of) const {
  if (!brokers.empty()) return of.value < brokers.size() ? &brokers[of.value].name : nullptr;
  if (of.value == 0) return &primary_broker;
  return of.value == 1 && !backup_broker.empty() ? &backup_broker : nullptr;
}

bool execution_settings::replaces_at(broker_id at) const {
  if (brokers.empty()) return can_replace(broker);
  return at.value >= brokers.size() || can_replace(brokers[at.value]);
}

bool execution_settings::every_tick() const {
  return std::ranges::any_of(all_brokers(), [](auto& b) { return b.kind == broker_kind::sim; });
}

} // namespace tickmesh
