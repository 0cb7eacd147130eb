// A host that keeps a copy of a log, as the cluster's view lists it.
#pragma once

#include "messages/numbers.hpp"

#include <string>

namespace tickmesh {

struct replica_assignment {
  std::string host_id;
  bool in_sync = false; ///< it holds all that is accepted, and may take over
  epoch since{};        ///< number of the view that made it one: newer after it was lost
  friend bool operator==(const replica_assignment&, const replica_assignment&) = default;
};

} // namespace tickmesh
