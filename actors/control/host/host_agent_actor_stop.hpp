// How a host agent stops: its slots and replicas, its files, a good-bye, itself. For host_agent
// alone.
#pragma once

#include "actors/control/host/host_agent_actor.hpp"

#include <caf/all.hpp>

#include <string>

namespace tickmesh {

/// An orderly stop has taken too long.
struct stop_overdue {};
/// The control host has not answered the good-bye.
struct goodbye_overdue {};
/// It is to be told once more.
struct goodbye_again {};

void send_to_control(agent_actor* self, const wire::ControlMessage& message);
/// Ends the slots in reverse start order, closes the files, says good-bye, and ends.
void begin_stop(agent_actor* self, host_outcome outcome);
/// Ends the next slot in reverse start order; when none is left, closes the files.
void stop_next_slot(agent_actor* self);
/// A signal asks for the cluster's orderly stop.
void request_stop(agent_actor* self, const std::string& signal_name);
/// Tells the control host why this host can't go on.
void send_host_failed(agent_actor* self, const std::string& reason);
/// This host can't go on: tells the control host, and stops.
void fail_host(agent_actor* self, const std::string& reason);
/// Tells the control host that this host has stopped; it answers.
void send_goodbye(agent_actor* self);
/// The same, again and again until it has answered.
void repeat_goodbye(agent_actor* self);
/// Tells the outcome and quits.
void end(agent_actor* self);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::goodbye_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::goodbye_again)
