#include "runtime/telemetry/log.hpp"

#include <spdlog/spdlog.h>

namespace tickmesh {

namespace {

spdlog::level::level_enum to_spdlog(log_level level) {
  static_assert(static_cast<int>(spdlog::level::trace) == static_cast<int>(log_level::trace) &&
                static_cast<int>(spdlog::level::err) == static_cast<int>(log_level::error));
  return level == log_level::off ? spdlog::level::off
                                 : static_cast<spdlog::level::level_enum>(level);
}

} // namespace

void log_line(log_level level, fmt::string_view format, fmt::format_args values) {
  auto shown = to_spdlog(level);
  if (spdlog::should_log(shown)) spdlog::log(shown, fmt::vformat(format, values));
}

void set_log_level(log_level level) {
  spdlog::set_level(to_spdlog(level));
}

log_level get_log_level() {
  auto shown = spdlog::get_level();
  return shown >= spdlog::level::critical ? log_level::off : static_cast<log_level>(shown);
}

} // namespace tickmesh
