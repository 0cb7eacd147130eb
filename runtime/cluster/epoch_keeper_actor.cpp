#include "runtime/cluster/epoch_keeper_actor.hpp"

#include "runtime/actors/actor_system.hpp"

namespace tickmesh {

caf::behavior epoch_keeper(caf::event_based_actor* self, std::shared_ptr<epoch_store> store) {
  set_fault_handlers(self);
  return {
      [store](const save_epoch& request) -> epoch_saved {
        auto saved = store->save(request.value);
        return {request.value, saved ? std::string{} : saved.error().message};
      },
  };
}

} // namespace tickmesh
