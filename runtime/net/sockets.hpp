// TCP sockets: connecting within a time, and what their two ends are called.
#pragma once

#include "messages/result.hpp"
#include "runtime/net/file_descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

/// One end of a connection. IPv6 addresses are without brackets.
struct socket_name {
  std::string address;
  std::uint16_t port = 0;
};

/// What the other end of a socket is called, and this one; empty where the system does not know.
socket_name peer_name(int socket);
socket_name own_name(int socket);

/// Whether both ends are one. Where nothing listens on a port that the system gives to whoever
/// connects, a socket may get that port for its own, and meet itself.
bool is_own_end(int socket);

/// Why nobody was connected to.
struct connect_fault {
  std::string message;     ///< names the address and the system's reason
  bool is_refused = false; ///< the machine answers, and nothing listens there
};

/// Connects to the first address of `host` that answers; blocks up to `timeout`. What is returned
/// does not block.
tl::expected<file_descriptor, connect_fault>
connect_tcp(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout);

/// Sends small packets at once, and never blocks.
void prepare_stream(int socket);

} // namespace tickmesh
