// What the venues that live in this process hold, to and from snapshots.
#include "actors/execution/snapshot/state_fields.hpp"
#include "actors/execution/venues/accept_venue.hpp"
#include "actors/execution/venues/sim_venue.hpp"

namespace tickmesh {

void sim_venue::save(state_writer& archive) {
  persist(archive);
}

void sim_venue::load(state_reader& archive) {
  persist(archive);
}

void accept_venue::save(state_writer& archive) {
  persist(archive);
}

void accept_venue::load(state_reader& archive) {
  persist(archive);
}

} // namespace tickmesh
