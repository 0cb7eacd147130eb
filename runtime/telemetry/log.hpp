// What a process says of itself while it runs. The text is made and written in log.cpp alone:
// spdlog and the engine of fmt, instantiated in each unit that logs, were a tenth of its compile
// time.
#pragma once

#include <fmt/core.h>

#include <cstdint>

namespace tickmesh {

enum class log_level : std::uint8_t { trace, debug, info, warn, error, off };

/// Writes a line where the level is one that is shown.
void log_line(log_level level, fmt::string_view format, fmt::format_args values);

template <class... Values>
void log_at(log_level level, fmt::format_string<Values...> format, Values&&... values) {
  log_line(level, format, fmt::make_format_args(values...));
}
template <class... Values>
void log_debug(fmt::format_string<Values...> format, Values&&... values) {
  log_line(log_level::debug, format, fmt::make_format_args(values...));
}
template <class... Values>
void log_info(fmt::format_string<Values...> format, Values&&... values) {
  log_line(log_level::info, format, fmt::make_format_args(values...));
}
template <class... Values>
void log_warning(fmt::format_string<Values...> format, Values&&... values) {
  log_line(log_level::warn, format, fmt::make_format_args(values...));
}
template <class... Values>
void log_error(fmt::format_string<Values...> format, Values&&... values) {
  log_line(log_level::error, format, fmt::make_format_args(values...));
}

/// Lines below this level are not shown.
void set_log_level(log_level level);
log_level get_log_level();

} // namespace tickmesh
