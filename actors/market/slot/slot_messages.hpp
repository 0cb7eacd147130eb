// What a data slot says to receivers, replicas and subscribers, as the messages that carry it.
#pragma once

#include "actors/market/slot/downstream_links.hpp"
#include "actors/market/slot/replica_records.hpp"
#include "messages/caf_types.hpp" // allowed: messages
#include "messages/slot.hpp"
#include "runtime/log/replica_links.hpp"

#include <string>

namespace tickmesh {

/// `since`: the epoch since which this host owns the slot.
link_frame to_message(downstream_frame frame, slot_name slot, epoch since);
replica_append to_message(replica_records records, slot_name slot, epoch since);

replica_greeting<record_number> from_message(const replica_hello& hello);

/// The answer to a request that can't be granted.
subscription_answer refuse(const subscribe_ticks& request, std::string why);

} // namespace tickmesh
