// How a host agent starts and ends its slots and replicas as views come, and finds the actors that
// they send to. For host_agent alone.
#pragma once

#include "actors/control/host/host_agent_actor.hpp"

#include <caf/all.hpp>

#include <string>

namespace tickmesh {

/// Takes a newer view: ends what this host has lost, tells the rest, and starts what it got.
void apply_view(agent_actor* self, const addressed_view& published);
/// Tells slots and replicas the view that holds.
void tell_view(agent_actor* self);
/// Starts the slots and replicas that the view gives this host and that don't run, and looks for
/// their peers.
void start_missing(agent_actor* self);
/// Finds the actor of the peer, here or on another host, and hands it over: with the others at
/// first. Tries again until the search is void.
void find_peer(agent_actor* self, const peer_search& search);
/// The same, after a while: somebody who was found may be about to end.
void search_later(agent_actor* self, const peer_search& search);
/// A host is lost: what it was asked for may never be answered, and is asked for again.
void search_when_reached(agent_actor* self, const std::string& host_id);
/// A host has been reached: finds the peers that are on it.
void search_waiting_peers(agent_actor* self, const std::string& host_id);
/// Finds a peer again from which nothing is heard.
void find_silent_peer(agent_actor* self, const peer_silent& silent);
/// Answers at once, or when the slot runs.
caf::typed_response_promise<caf::actor> answer_slot_query(agent_actor* self,
                                                          const slot_query& query);

} // namespace tickmesh

// Also the timer to search again.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::peer_search)
