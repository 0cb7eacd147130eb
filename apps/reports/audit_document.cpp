#include "apps/reports/audit_document.hpp"

#include "apps/reports/json_fields.hpp"
#include "runtime/results/json_text.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;

json describe(const limit_difference& change) {
  return {{"scope", change.scope},
          {"key", change.key},
          {"before", text_or_null(change.before)},
          {"after", text_or_null(change.after)}};
}

json describe(const audited_command& audited) {
  json out{{"event", audited.event}, {"time", format_timestamp(audited.time)}};
  out.update(describe_command(audited.command, audited.outcome));
  bool is_change = std::holds_alternative<limits_change>(audited.command.action);
  out["limits"] = is_change ? json::array() : json{};
  for (auto& change : audited.changes)
    out["limits"].push_back(describe(change));
  return out;
}

std::string outcome_text(const json& command) {
  if (command.at("done").is_null()) return "-";
  return (command.at("done").get<bool>() ? "" : "REFUSED: ") + text(command, "outcome");
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out), "  {:<8} {}\n", name, value);
}

void append_command(std::string& out, const json& command) {
  fmt::format_to(std::back_inserter(out), "\nevent {}  {}  {}\n", text(command, "event"),
                 text(command, "time"), text(command, "action"));
  append_line(out, "who", text(command, "who"));
  append_line(out, "asked", text(command, "asked"));
  append_line(out, "reason", text(command, "reason"));
  if (command.at("limits").is_array()) {
    const char* name = "changes";
    if (command.at("limits").empty()) append_line(out, name, "none");
    for (auto& change : command.at("limits")) {
      append_line(out, name,
                  fmt::format("{}: {}: {} -> {}", text(change, "scope"), text(change, "key"),
                              text(change, "before", "none"), text(change, "after", "none")));
      name = "";
    }
  }
  append_line(out, "outcome", outcome_text(command));
}

} // namespace

json describe_command(const operator_command& command,
                      const std::optional<operator_outcome>& outcome) {
  bool is_dated = command.asked != timestamp{};
  return {{"who", text_or_null(command.who)},
          {"asked", is_dated ? json(format_timestamp(command.asked)) : json{}},
          {"reason", text_or_null(command.reason)},
          {"action", format_action(command.action)},
          {"done", outcome ? json(outcome->is_done) : json{}},
          {"outcome", outcome ? json(outcome->text) : json{}}};
}

std::string format_command(const json& command) {
  return fmt::format("{}; by {}: {}", text(command, "action"), text(command, "who"),
                     text(command, "reason", "no reason given"));
}

std::string format_outcome(const json& command) {
  return fmt::format("asked {}; {}", text(command, "asked"), outcome_text(command));
}

json describe_audit(const command_audit& audit, const std::string& journal, std::uint64_t events,
                    std::uint64_t known_after) {
  auto commands = json::array();
  for (auto& audited : audit.commands())
    commands.push_back(describe(audited));
  return {{"journal", journal},
          {"first_event", known_after + 1},
          {"events", events},
          {"commands", std::move(commands)}};
}

std::string format_events(const json& document) {
  auto first = document.at("first_event").get<std::uint64_t>();
  if (first == 1) return "events to " + text(document, "events");
  return fmt::format("events {} to {} (earlier ones are not kept any more)", first,
                     text(document, "events"));
}

std::string format_audit(const json& document) {
  auto& commands = document.at("commands");
  auto out = fmt::format("{}, {}: {} commands\n", text(document, "journal"),
                         format_events(document), commands.size());
  for (auto& command : commands)
    append_command(out, command);
  return out;
}

std::string to_text(const json& document) {
  return json_text(document, 2) + '\n';
}

} // namespace tickmesh
