// Events other than marks, verdicts and commands to and from journal.proto. Used by event_codec.
// A new kind of event or command needs a member of `what` in JournalEvent or JournalCommand, a
// `write` and a case; the build fails until all three are there.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "messages/proto/journal.pb.h"
#include "messages/result.hpp"

namespace tickmesh {

/// Sets time and content of `out`, which is empty; a mark is no such event.
void write_event(const sequenced_event& event, wire::JournalEvent& out);
void write_verdict(const order_verdict& verdict, wire::JournalVerdict& out);
void write_command(const venue_command& command, wire::JournalCommand& out);

/// Reads all but the number. Fails on a kind of event that is not known, and on values that the
/// types do not have. So do the others.
result<sequenced_event> read_event(const wire::JournalEvent& from);
result<order_verdict> read_verdict(const wire::JournalVerdict& from);
result<venue_command> read_command(const wire::JournalCommand& from);

} // namespace tickmesh
