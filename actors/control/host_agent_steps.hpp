// The steps of host_agent, by the file that holds them. For host_agent alone.
#pragma once

#include "actors/control/host_agent.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

using agent_actor = caf::stateful_actor<host_agent_state>;

inline constexpr std::chrono::milliseconds retry_interval{200};
inline constexpr std::chrono::seconds request_timeout{5};

/// Time to try to reach the control host, or a slot's peer, again.
struct retry_join {};
struct retry_peer {
  slot_name slot;
  slot_name peer;
};
/// Time to see whether the control host is still there.
struct watch_dog {};
/// An orderly stop has taken too long.
struct stop_overdue {};
/// The control host has not answered the good-bye.
struct goodbye_overdue {};

// host_agent.cpp
void send_to_control(agent_actor* self, const wire::ControlMessage& message);
/// This host can't go on: tells the control host, and stops.
void fail_host(agent_actor* self, const std::string& reason);

// host_slots.cpp
/// Starts this host's slots, those downstream first, and looks for their peers.
void start_slots(agent_actor* self, const addressed_view& published);
/// Finds the actor of `peer`, here or on another host, and hands it to `slot` with the others.
/// Tries again until the coordinator gives up the start.
void find_peer(agent_actor* self, slot_name slot, slot_name peer);
/// Answers at once, or when the slot runs.
caf::typed_response_promise<caf::actor> answer_slot_query(agent_actor* self,
                                                          const slot_query& query);

// host_stop.cpp
/// Ends the slots in reverse start order, closes the files, says good-bye, and ends.
void begin_stop(agent_actor* self, host_outcome outcome);
/// Ends the next slot in reverse start order; when none is left, closes the files.
void stop_next_slot(agent_actor* self);
/// Tells the outcome and quits.
void end(agent_actor* self);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::retry_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::retry_peer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::watch_dog)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::goodbye_overdue)
