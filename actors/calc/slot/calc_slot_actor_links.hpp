// What a calculation slot sends down and up its links: signals with the marks behind them,
// greetings and acknowledgements. Used by calc_slot.cpp alone.
#pragma once

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "messages/caf_types.hpp"

#include <string>

namespace tickmesh {

using calc_slot_actor = caf::stateful_actor<calc_slot_state>;

/// Tells the host agent that the slot can't go on.
void fail_slot(calc_slot_actor* self, std::string reason);

/// Acknowledges what is due, unless the writer is too far behind, and sees to it that the rest is
/// due soon.
void send_acks(calc_slot_actor* self);

/// Sends what has gathered: signals, and the mark behind them. All of it waits for links that are
/// not open.
void send_signals(calc_slot_actor* self);

/// A data slot's host presents itself: it goes on behind what has arrived here. One that was
/// deposed gets no answer.
void take_hello(calc_slot_actor* self, const link_hello& hello);

} // namespace tickmesh
