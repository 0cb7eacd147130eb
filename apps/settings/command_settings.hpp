// The settings that a command of the command line works with.
#pragma once

#include "apps/settings/command_flags.hpp"
#include "apps/settings/load_settings.hpp"

#include <string>
#include <vector>

namespace tickmesh {

/// Reads the configuration file, the environment, `--set` and then `overrides`, the strongest.
loaded_settings load_command_settings(const config_flags& flags,
                                      const std::vector<setting_override>& overrides);

/// Prints the faults; true when there are any.
bool print_faults(const std::vector<std::string>& faults);

/// Prints what went wrong; returns `code`.
int fail_with(const fault& why, int code = exit_failure);

} // namespace tickmesh
