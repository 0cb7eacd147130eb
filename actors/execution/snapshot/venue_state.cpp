// What the venues that live in this process hold, to and from snapshots.
#include "actors/execution/accept_broker.hpp"
#include "actors/execution/sim_venue.hpp"
#include "actors/execution/snapshot/state_fields.hpp"

namespace tickmesh {

void sim_venue::save(state_writer& archive) {
  persist(archive);
}

void sim_venue::load(state_reader& archive) {
  persist(archive);
}

void accept_broker::save(state_writer& archive) {
  persist(archive);
}

void accept_broker::load(state_reader& archive) {
  persist(archive);
}

} // namespace tickmesh
