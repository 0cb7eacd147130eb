// What the actor at the sending end of links does at each turn of their watch. For data and
// calculation slots.
#pragma once

#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/suspect_links.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/all.hpp>

namespace tickmesh {

/// Time to look for links that make no progress.
struct watch_links_now {};

/// Has the agent look for the receivers that `due` names, and names the links that are suspect: it
/// calls `tell_each` with what is to be called with each. Comes again.
template <class TellEach>
void watch_links(caf::event_based_actor* self, const slot_context& context,
                 const std::vector<slot_name>& due, suspect_links& suspects,
                 std::map<std::string, std::uint64_t>& counts, const TellEach& tell_each) {
  for (auto to : due)
    self->send(context.agent, peer_silent{context.slot, to});
  suspects.begin_turn();
  tell_each([&](slot_name to, nanoseconds silence) { suspects.tell(to, silence, counts); });
  for (auto& line : suspects.end_turn(counts))
    log_warning("{}", line);
  self->delayed_send(self, context.host->link_silence / 2, watch_links_now{});
}

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::watch_links_now)
