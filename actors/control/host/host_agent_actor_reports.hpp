// What host_agent tells the coordinator of its slots, and how it comes to know it.
#pragma once

#include "actors/control/host/host_agent_actor.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <string>

namespace tickmesh {

void answer_ping(agent_actor* self, const wire::Ping& ping);
/// Asks every slot for its counts, and sends them as the answer to that query.
void answer_counts_query(agent_actor* self, std::uint64_t query);

void report_ready(agent_actor* self, slot_name slot);
/// A slot has passed on all that it had: tells its last counts, and then that.
void report_finished(agent_actor* self, const slot_finished& finished);
void report_replica(agent_actor* self, const replica_state_changed& replica);

/// A slot, or the replica of one, can't go on here; this host can.
void give_up_slot(agent_actor* self, slot_name slot, bool is_replica, const std::string& reason,
                  bool begins_again = false);
/// The same, as the slot or the replica itself says.
void take_slot_failed(agent_actor* self, const slot_failed& failed);

/// Says once more what the coordinator may have missed.
void report_again(agent_actor* self);

} // namespace tickmesh
