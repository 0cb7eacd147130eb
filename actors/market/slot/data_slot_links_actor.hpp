// The links of a data slot to the slots downstream: what data_slot does when a receiver is found,
// answers, or is silent.
#pragma once

#include "actors/market/slot/data_slot_actor.hpp"
#include "runtime/cluster/watch_links_actor.hpp"

namespace tickmesh {

/// Says hello to receivers: all of them at first, and then each that was lost and found.
void greet_receivers(data_slot_actor* self, const link_peers& peers);

/// Frames were lost on the way to a receiver.
void greet_again(data_slot_actor* self, const link_gap& gap);

/// The replica of a calculation slot asks for its ticks.
void greet_shadow(data_slot_actor* self, const ticks_wanted& wanted);

/// By the view, some that were replicas are none any more.
void drop_former_shadows(data_slot_actor* self);

/// A receiver says where to go on. True where that was heeded; one that needs what is no longer
/// kept is refused.
result<bool> take_resume(data_slot_actor* self, const link_resume& resume);

/// A receiver is done with frames. False where it is not one.
result<bool> take_ack(data_slot_actor* self, const link_ack& ack);

/// Sends each receiver what is accepted, as far as its link has credit.
result<void> send_frames(data_slot_actor* self, const accepted_records& records);

/// Has the agent look for receivers that owe a word and are silent, and names them.
void watch_receivers(data_slot_actor* self);

} // namespace tickmesh
