// Opens the source that a configuration asks for.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "runtime/net/tls_credentials.hpp"

#include <memory>

namespace tickmesh {

/// Reads all files of the settings, or sets up the simulator or the socket. The fault names file,
/// line, column and value, or the key of the configuration that is at fault. Senders to a socket
/// prove who they are by `credentials`; null: connections are plain.
result<std::shared_ptr<const feed_source>>
open_source(const source_settings& settings, const instrument_table& instruments,
            std::shared_ptr<tls_credentials> credentials = nullptr);

} // namespace tickmesh
