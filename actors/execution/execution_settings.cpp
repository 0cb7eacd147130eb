#include "actors/execution/execution_settings.hpp"

#include <algorithm>

namespace tickmesh {

std::vector<broker_settings> execution_settings::all_brokers() const {
  if (!brokers.empty()) return brokers;
  std::vector<broker_settings> out{{primary_broker, broker, sim}};
  if (!backup_broker.empty()) out.push_back({backup_broker, broker, sim});
  return out;
}

bool execution_settings::every_tick() const {
  return std::ranges::any_of(all_brokers(), [](auto& b) { return b.kind == broker_kind::sim; });
}

} // namespace tickmesh
