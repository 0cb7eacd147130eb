#include "apps/settings/command_settings.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

extern char** environ; // NOLINT: POSIX

namespace tickmesh {

namespace {

std::vector<std::pair<std::string, std::string>> read_environment() {
  std::vector<std::pair<std::string, std::string>> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with("TICKMESH_")) continue;
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

} // namespace

bool print_faults(const std::vector<std::string>& faults) {
  for (auto& fault : faults)
    fmt::print(stderr, "{}\n", fault);
  if (!faults.empty())
    fmt::print(stderr, "tickmesh: {} {} in the configuration\n", faults.size(),
               faults.size() == 1 ? "fault" : "faults");
  return !faults.empty();
}

loaded_settings load_command_settings(const config_flags& flags,
                                      const std::vector<setting_override>& overrides) {
  settings_sources sources;
  sources.file = flags.file;
  sources.environment = read_environment();
  std::vector<std::string> malformed;
  for (auto& assignment : flags.assignments) {
    auto equals = assignment.find('=');
    if (equals == std::string::npos)
      malformed.push_back(fmt::format("--set {}: no `=`; write KEY=VALUE", assignment));
    else
      sources.flags.push_back({assignment.substr(0, equals), assignment.substr(equals + 1),
                               "--set " + assignment.substr(0, equals)});
  }
  sources.flags.insert(sources.flags.end(), overrides.begin(), overrides.end());
  auto loaded = load_settings(sources);
  loaded.faults.insert(loaded.faults.begin(), malformed.begin(), malformed.end());
  return loaded;
}

int fail_with(const fault& why, int code) {
  fmt::print(stderr, "tickmesh: {}\n", why.message);
  return code;
}

} // namespace tickmesh
