// How a host reaches another one: the one way by which agents find each other. A test without a
// network puts its own in place of it.
#pragma once

#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace tickmesh {

struct connect_outcome {
  caf::actor host;         ///< what is published there; null where nobody was reached
  std::string problem;     ///< why
  bool is_refused = false; ///< the machine answers, and nothing listens there
};

/// Connects for the actor to what listens at the address, and calls the function in it.
using host_connector =
    std::function<void(caf::event_based_actor*, const endpoint&, std::chrono::milliseconds timeout,
                       std::function<void(const connect_outcome&)>)>;

/// By CAF's middleman, which keeps one connection to each process.
void connect_by_network(caf::event_based_actor* self, const endpoint& address,
                        std::chrono::milliseconds timeout,
                        std::function<void(const connect_outcome&)> done);

} // namespace tickmesh
