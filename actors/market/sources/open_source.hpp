// Opens the source that a configuration asks for.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/file/file_source.hpp"
#include "runtime/net/tls_credentials.hpp"

#include <memory>

namespace tickmesh {

struct source_surroundings {
  /// By which senders to a socket prove who they are; null: connections are plain.
  std::shared_ptr<tls_credentials> credentials{};
  file_source_options file{};
};

/// Reads all files of the settings, or sets up the simulator or the socket. The fault names file,
/// line, column and value, or the key of the configuration that is at fault.
result<std::shared_ptr<const feed_source>> open_source(const source_settings& settings,
                                                       const instrument_table& instruments,
                                                       const source_surroundings& around = {});

} // namespace tickmesh
