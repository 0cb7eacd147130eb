// What an execution slot says to its risk checker, and to the one that takes its place when it has
// crashed: what had no answer is said again. For exec_slot alone.
#pragma once

#include "actors/execution/slot/exec_slot_actor.hpp"

#include <caf/all.hpp>

namespace tickmesh {

/// The checker runs, perhaps again: it makes up what the one before it knew from the journal.
void begin_risk_checker(exec_slot_actor* self, const caf::actor& checker);

void hand_to_risk_checker(exec_slot_actor* self, event_batch batch);

/// The log has ended.
void finish_risk_checker(exec_slot_actor* self);

/// What limits hold; no event of the log.
void answer_limits_query(exec_slot_actor* self, caf::typed_response_promise<operator_bytes> reply);

caf::typed_response_promise<slot_counters> answer_counters_query(exec_slot_actor* self);

} // namespace tickmesh
