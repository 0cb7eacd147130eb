#include "apps/verbs/limits_set_command.hpp"

#include "apps/reports/limits_document.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/settings/limits_file.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace tickmesh {

namespace {

std::string format_place(const execution_place& place) {
  return fmt::format("{} at {}:{}", format_slot(place.slot), place.host.address, place.host.port);
}

/// Asks on the terminal; no is the default.
bool is_agreed() {
  fmt::print(stderr, "What is marked as LOOSER lets orders pass that do not pass now. Set these "
                     "limits? [y/N] ");
  std::fflush(stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

/// Nothing when the limits may be set, else the exit code.
std::optional<int> ask_for_consent(const std::string& loosened, const limits_set_flags& flags) {
  if (loosened.empty() || flags.yes) return std::nullopt;
  if (isatty(STDIN_FILENO) == 0) {
    fmt::print(stderr,
               "{}tickmesh: {} lets orders pass that do not pass now; nothing was changed; add "
               "--yes to set it all the same\n",
               loosened, flags.file);
    return exit_usage;
  }
  if (is_agreed()) return std::nullopt;
  fmt::print(stderr, "tickmesh: nothing was changed\n");
  return exit_failure;
}

} // namespace

limits_plan plan_limits(caf::actor_system& system, const std::vector<execution_place>& places,
                        const limits_set_flags& flags) {
  limits_plan out;
  std::string loosened;
  for (auto& place : places) {
    auto now = ask_limits(system, place, flags.timeout);
    if (!now) {
      fmt::print(stderr, "tickmesh: {}\n", now.error().message);
      return {{}, exit_failure};
    }
    auto wanted = load_limits_file(flags.file, *now);
    if (print_faults(wanted.faults)) return {{}, exit_usage};
    auto comparison = compare_for_people(now->scopes, wanted.value);
    if (!flags.json)
      fmt::print("{}: {}\n{}", format_place(place),
                 comparison.changes.empty() ? "these limits hold already" : "limits",
                 format_limits(comparison));
    if (!comparison.loosened.empty())
      loosened += fmt::format("{}: looser\n{}", format_place(place),
                              format_limits({comparison.loosened, comparison.loosened}));
    if (comparison.changes.empty()) continue;
    auto base = fingerprint_of(now->scopes);
    out.changes.push_back(
        {place, limits_change{std::move(wanted.value), base}, describe_limits(comparison)});
  }
  std::fflush(stdout);
  out.code = ask_for_consent(loosened, flags);
  return out;
}

} // namespace tickmesh
