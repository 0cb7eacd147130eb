// Opens the source that a configuration asks for.
#pragma once

#include "actors/market/feed/feed.hpp"

#include <memory>

namespace tickmesh {

/// Reads all files of the settings, or sets up the simulator or the socket. The fault names file,
/// line, column and value, or the key of the configuration that is at fault.
result<std::shared_ptr<const feed_source>> open_source(const source_settings& settings,
                                                       const instrument_table& instruments);

} // namespace tickmesh
