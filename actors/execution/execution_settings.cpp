#include "actors/execution/execution_settings.hpp"

namespace tickmesh {

std::vector<broker_settings> execution_settings::all_brokers() const {
  if (!brokers.empty()) return brokers;
  return {{primary_broker, broker, sim}, {backup_broker, broker, sim}};
}

} // namespace tickmesh
