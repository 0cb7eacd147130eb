#include "actors/execution/order_venue.hpp"

#include "actors/execution/accept_broker.hpp"
#include "actors/execution/sim_venue.hpp"

namespace tickmesh {

std::unique_ptr<order_venue> make_venue(const broker_settings& settings) {
  if (settings.kind == broker_kind::accept) return std::make_unique<accept_broker>();
  return std::make_unique<sim_venue>(settings.sim);
}

} // namespace tickmesh
