// The replica of a calculation slot, its shadow: it calculates everything, and keeps the signals
// that execution is not done with, until it takes over. And what the owner has to do for it.
//
//   shadow --ticks_wanted--> data slots --link_hello, frames--> shadow
//   shadow --shadow_hello--> owner --signals_safe--> shadow --shadow_state--> owner
//   owner --shadow_refusal--> shadow         (it has come to another state, and begins again)
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "messages/caf_types.hpp"

#include <memory>
#include <span>

namespace tickmesh {

/// Time to see whether all data slots send to this replica.
struct watch_upstream_now {};

/// A replica asks data slots for ticks, and presents itself to the owner.
void greet_upstream(calc_slot_actor* self, const link_peers& peers);
void watch_upstream(calc_slot_actor* self);

/// The owner has said what execution is done with.
void take_safe(calc_slot_actor* self, const signals_safe& safe);

/// Digests of a slot's own symbols.
void take_digests(calc_slot_actor* self, std::span<const symbol_digest> own);

/// The owner has found that this replica came to another state.
void take_refusal(calc_slot_actor* self, const shadow_refusal& refusal);

/// To an owner: its replica is there, and says how far it is.
void meet_shadow(calc_slot_actor* self, const shadow_hello& hello);
void judge_shadow(calc_slot_actor* self, const shadow_state& said);

/// Reports a replica that has not been where it was told of for too long.
void watch_shadow(calc_slot_actor* self);

/// Tells the replica, if there is one, what execution is done with.
void tell_shadow(calc_slot_actor* self);

/// It may make a replica the owner.
void take_view(calc_slot_actor* self, std::shared_ptr<const cluster_view> view);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::watch_upstream_now)
