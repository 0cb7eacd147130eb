// What was decided at one event, as the sequencer takes it.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/venue_command.hpp"

#include <vector>

namespace tickmesh {

inline std::vector<decided_command> decided_at(const sequenced_event& event,
                                               const std::vector<venue_command>& commands) {
  std::vector<decided_command> out;
  for (auto& command : commands)
    out.push_back({command, event.number, event.time});
  return out;
}

} // namespace tickmesh
