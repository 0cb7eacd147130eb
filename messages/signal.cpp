#include "messages/signal.hpp"

#include <fmt/format.h>

namespace tickmesh {

std::string format_signal_name(const signal_name& name, const std::string& strategy,
                               const std::string& symbol) {
  return fmt::format("{}/{}/{}/{}/{}/{}", strategy, symbol, name.configuration_version,
                     name.data_epoch.value, name.last_tick.value, to_ns(name.window_end));
}

} // namespace tickmesh
