// What the coordinator and the agent of the control host say to each other about which hosts can be
// reached. The coordinator decides who takes part; the agent keeps the connections.
//
//   coordinator --host_joined, host_left--> host_agent --host_reached, host_unreachable-->
//   coordinator
#pragma once

#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <string>

namespace tickmesh {

/// Is to be looked for whenever its connection breaks.
struct host_joined {
  std::string host_id;
  endpoint address;
  caf::actor agent;
};

/// Is not to be looked for any more.
struct host_left {
  std::string host_id;
};

/// Was looked for and found; its agent is a new one.
struct host_reached {
  std::string host_id;
  caf::actor agent;
  std::uint64_t incarnation = 0; ///< of the process that answered
};

/// Nothing listens there any more: its process is gone.
struct host_unreachable {
  std::string host_id;
};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::host_joined)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::host_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::host_reached)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::host_unreachable)
