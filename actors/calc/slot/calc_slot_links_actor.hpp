// What a calculation slot sends: signals and marks to execution, acknowledgements to data slots,
// rows to the writer.
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "messages/caf_types.hpp"
#include "runtime/cluster/watch_links_actor.hpp"

#include <string>

namespace tickmesh {

/// Says that the slot can't go on.
void fail_slot(calc_slot_actor* self, std::string reason);

/// Hands rows to the writer, which says when they are written.
void write_rows_due(calc_slot_actor* self);

/// Acknowledges what is due, unless the writer is too far behind, and sees to it that the rest is
/// due soon.
void send_acks(calc_slot_actor* self);

/// Sends what has gathered: signals, and the mark behind them. All of it waits for links that are
/// not open.
void send_signals(calc_slot_actor* self);

/// Says hello to receivers: all of them at first, and then each that was lost and found.
void greet_receivers(calc_slot_actor* self, const link_peers& peers);

/// Frames were lost on the way to a receiver.
void greet_again(calc_slot_actor* self, const link_gap& gap);

/// A receiver says where to go on, and is sent what it lacks. True where that was heeded.
bool take_resume(calc_slot_actor* self, const link_resume& resume);

/// Has the agent look for receivers that owe a word and are silent, and names them.
void watch_receivers(calc_slot_actor* self);

} // namespace tickmesh
