// What an actor at the receiving end of links does with their messages: a map to link_inboxes, and
// the answers. For calculation and execution slots.
//
//   link_hello --> answer_hello --link_resume--> sender
//   link_frame --> admit_frame --> the slot; --link_gap--> sender, where one before it was lost
//   send_due_acks --link_ack--> senders
#pragma once

#include "messages/caf_types.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/links/link_inbox.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace tickmesh {

/// Counts of a slot's report.
using link_counts = std::map<std::string, std::uint64_t>;

/// Tells a sender where to go on with `own` slot; one that was deposed is counted, and gets no
/// answer.
void answer_hello(caf::event_based_actor* self, slot_name own, const link_hello& hello,
                  link_inboxes<caf::actor>& inboxes, link_counts& counts);

/// The end of the link that the frame in hand has come by, where `own` slot is to take it; null
/// where it is not: then it is counted, unless it came by no link. Where frames were lost on the
/// way, the sender is told. Fails on a frame that can't be.
result<link_inbox<caf::actor>*> admit_frame(caf::event_based_actor* self, slot_name own,
                                            const link_frame& frame,
                                            link_inboxes<caf::actor>& inboxes, link_counts& counts);

/// Whether the sender that is heard has said so, and no deposed one.
bool is_heard(caf::event_based_actor* self, const link_refusal& refusal,
              link_inboxes<caf::actor>& inboxes);

/// Sends the acknowledgements of `own` slot that are due. True when it is to be called again after
/// ack_delay_max, behind link_inboxes::ack_wait_is_over.
bool send_due_acks(caf::event_based_actor* self, slot_name own, link_inboxes<caf::actor>& inboxes);

} // namespace tickmesh
