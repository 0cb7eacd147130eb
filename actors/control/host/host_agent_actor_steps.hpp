// The steps of host_agent, by the file that holds them. For host_agent alone.
#pragma once

#include "actors/control/host/host_agent_actor.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace tickmesh {

using agent_actor = caf::stateful_actor<host_agent_state>;

inline constexpr std::chrono::milliseconds retry_interval{200};
inline constexpr std::chrono::seconds request_timeout{5};

/// Time to try to reach the control host again.
struct retry_join {};
/// What a slot, or the replica of one, of this host needs: the actor of `peer`. It is void when the
/// slot has got another owner meanwhile. Also the timer to try again.
struct peer_search {
  slot_name slot;
  bool for_replica = false;
  epoch since{};
  slot_name peer;
};
/// Time to see whether the control host is still there.
struct watch_dog {};
/// An orderly stop has taken too long.
struct stop_overdue {};
/// The control host has not answered the good-bye.
struct goodbye_overdue {};

// host_agent.cpp
std::int64_t steady_ns(agent_actor* self);
void send_to_control(agent_actor* self, const wire::ControlMessage& message);
/// What the owner of a slot says; nothing when the slot has been taken away.
std::optional<wire::SlotEvent> event_of(agent_actor* self, slot_name slot);
/// This host can't go on: tells the control host, and stops.
void fail_host(agent_actor* self, const std::string& reason);

// host_counts.cpp
void answer_ping(agent_actor* self, const wire::Ping& ping);
/// Answers with what the slots have counted by now.
void answer_counts(agent_actor* self, const wire::CountsQuery& query);
/// A slot has passed on all that it had: tells its last counts, and then that.
void report_finished(agent_actor* self, const slot_finished& finished);

// host_slots.cpp
/// Takes a newer view: ends what this host has lost, tells the rest, and starts what it got.
void apply_view(agent_actor* self, const addressed_view& published);
/// Starts the slots and replicas that the view gives this host and that don't run, those downstream
/// first, and looks for their peers. One whose predecessor here has not ended yet waits.
void start_missing(agent_actor* self);
/// Finds the actor of the peer, here or on another host, and hands it over with the others. Tries
/// again until the search is void.
void find_peer(agent_actor* self, const peer_search& search);
/// Finds the owner of a slot whose replica got no answer anew, over another connection.
void find_owner_again(agent_actor* self, slot_name slot);
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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::peer_search)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::watch_dog)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::goodbye_overdue)
