// What the gateways of kind sim say to their broker, inside one process; sim_gateway_actor.hpp
// shows who talks to whom.
#pragma once

#include "actors/execution/gateways/broker_gateway_protocol.hpp"
#include "runtime/actors/typed_interface.hpp"

#include <caf/all.hpp>

namespace tickmesh {

/// The sender is the session from now on; news goes straight to `slot`.
struct attach_session {
  broker_id broker{};
  open_session opened;
  gateway_owner_actor slot;
};

using paper_broker_actor = caf::typed_actor<
    // A gateway's session begins; the one before has ended.
    takes<attach_session>,
    // What a slot has given its gateway; dropped unless it comes from the session's gateway.
    takes<gateway_work>>;

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::attach_session)
