// The delays of a run by hop, each beside the least that it can be on this machine and with these
// settings.
#pragma once

#include "messages/timestamp.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>

namespace tickmesh {

/// `run` is the content of run.json; `message_floor` the time that a message takes from process to
/// process, where the run had several on one machine: without it, no floors are told.
std::string describe_delays(const nlohmann::ordered_json& run,
                            std::optional<nanoseconds> message_floor);

} // namespace tickmesh
