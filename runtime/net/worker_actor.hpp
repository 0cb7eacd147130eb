// An actor that calculates much and waits for nothing: where the reactor has workers, one of them
// runs it, beside the loop.
#pragma once

#include <caf/all.hpp>

namespace tickmesh {

class worker_actor : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
};

} // namespace tickmesh
