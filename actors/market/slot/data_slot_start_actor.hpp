// How a data slot starts: it opens its log, and its parts and children go on where that ends. For
// data_slot alone.
#pragma once

#include "actors/market/slot/data_slot_actor.hpp"
#include "messages/result.hpp"
#include "runtime/actors/supervisor.hpp"

#include <caf/all.hpp>

namespace tickmesh {

/// Opens the log, makes the slot's parts and starts its children. Where that fails, `end` is there,
/// and nothing else need be.
result<void> start_data_slot(data_slot_actor* self);

/// The feed has rebuilt a stream.
void take_rebuilt(data_slot_actor* self, const stream_rebuilt& done);

/// A child runs, perhaps again; true when it is the feed, which starts last.
bool take_child(data_slot_actor* self, const child_started& started);

} // namespace tickmesh
