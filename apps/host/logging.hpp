// Log lines of a process: text on a terminal, JSON lines otherwise.
#pragma once

#include "apps/settings/settings.hpp"
#include "messages/result.hpp"

#include <string>

namespace tickmesh {

/// Sets up spdlog's default logger; fails where the log file can't be written.
result<void> start_logging(const log_settings& settings, const std::string& host_id);

} // namespace tickmesh
