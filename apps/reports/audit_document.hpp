// Operators' commands as documents, and as the lines that a person reads, which are made of the
// documents. Used by `tickmesh audit` and `tickmesh why`.
#pragma once

#include "actors/execution/trading/command_audit.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tickmesh {

/// Who asked, when, why, for what, and what became of it. What is not there is null; times UTC.
nlohmann::ordered_json describe_command(const operator_command& command,
                                        const std::optional<operator_outcome>& outcome);

/// What was asked for, by whom and why; and when, with what became of it. A line each.
std::string format_command(const nlohmann::ordered_json& command);
std::string format_outcome(const nlohmann::ordered_json& command);

/// All commands of a journal, whose last event is `events`; nothing is known of those up to
/// `known_after`.
nlohmann::ordered_json describe_audit(const command_audit& audit, const std::string& journal,
                                      std::uint64_t events, std::uint64_t known_after = 0);

/// `events to 900`, or where the first ones are not kept any more, from which on they are.
std::string format_events(const nlohmann::ordered_json& document);

/// Some lines a command.
std::string format_audit(const nlohmann::ordered_json& document);

/// Indented, with the line break at its end. Bytes that are no UTF-8 are replaced: operators may
/// write any.
std::string to_text(const nlohmann::ordered_json& document);

} // namespace tickmesh
