// The actor that makes epochs durable. It blocks in fsync, so a process gives it a thread of its
// own.
#pragma once

#include "runtime/cluster/epoch_store.hpp"

#include <caf/all.hpp>

#include <memory>
#include <string>

namespace tickmesh {

/// Answered by epoch_saved when the epoch would survive a power loss.
struct save_epoch {
  cluster_epoch value;
};
struct epoch_saved {
  cluster_epoch value;
  std::string failure; ///< empty: it is durable
};

caf::behavior epoch_keeper(caf::event_based_actor* self, std::shared_ptr<epoch_store> store);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::save_epoch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::epoch_saved)
