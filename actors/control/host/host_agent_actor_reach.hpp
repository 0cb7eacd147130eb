// How host_agent keeps its connections: to hosts with which it has something to talk about, and to
// the control host.
#pragma once

#include "actors/control/coordinator/host_reach_protocol.hpp"
#include "actors/control/host/host_agent_actor.hpp"

#include <caf/all.hpp>

#include <string>

namespace tickmesh {

/// Time to connect to a host once more.
struct look_again {
  std::string host_id;
};
/// The same for a host that should have connected, and has not.
struct look_yourself {
  std::string host_id;
};
/// Time to see whether a control host that is out of reach is still there.
struct probe_control_now {};

/// Connects to the host, unless that is for the host itself to do.
void look_for_host(agent_actor* self, const std::string& host_id);
/// Connects to it in any case.
void look_for_host_yourself(agent_actor* self, const std::string& host_id);

/// On the control host: a host has joined, and is to be kept connected.
void keep_host(agent_actor* self, const host_joined& host);

/// Another host has connected to this one.
host_hello greet_host(agent_actor* self, const host_hello& hello);

/// The agent of another host is gone, or out of reach: looks for it again.
void lose_host(agent_actor* self, const std::string& host_id);

/// Another host is to connect to this one; where it does not, this one does.
void expect_host(agent_actor* self, const std::string& host_id);

/// Connects to the control host for the first time, and asks to take part.
void try_to_join(agent_actor* self);

/// The coordinator is gone, or out of reach.
void lose_control(agent_actor* self);
/// Ends this host where nothing listens any more at the control host's address.
void probe_control(agent_actor* self);
/// The coordinator is heard: it is in reach, if it was not before.
void hear_control(agent_actor* self);
/// The coordinator, which has sent this, has found this host again: says once more what it may have
/// missed.
void be_reattached(agent_actor* self, const wire::Reattached& message);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::look_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::look_yourself)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::probe_control_now)
