// What was decided at one event, as the sequencer takes it.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/risk/send_guard.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

inline std::vector<decided_command> decided_at(const sequenced_event& event,
                                               const std::vector<venue_command>& commands) {
  std::vector<decided_command> out;
  for (auto& command : commands)
    out.push_back({command, event.number, event.time});
  return out;
}

/// keep_admitted of commands whose event does not matter.
inline std::optional<std::string> keep_admitted(std::vector<venue_command>& commands,
                                                send_guard& guard) {
  auto decided = decided_at({}, commands);
  auto violation = keep_admitted(decided, guard);
  commands.clear();
  for (auto& kept : decided)
    commands.push_back(std::move(kept.command));
  return violation;
}

} // namespace tickmesh
