// Addresses, listening and accepting for socket_server, on TCP and Unix sockets.
#pragma once

#include "messages/result.hpp"
#include "runtime/net/file_descriptor.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tickmesh {

/// Where a source listens.
struct socket_address {
  std::string unix_path;  ///< empty: TCP
  std::uint32_t ipv4 = 0; ///< in host order
  std::uint16_t port = 0; ///< 0: chosen by the system
};

/// Reads `127.0.0.1:7001`, `localhost:7001` or `unix:PATH`. The fault says what is allowed.
result<socket_address> parse_socket_address(std::string_view text);

/// True for 127.0.0.0/8 and for Unix sockets.
bool is_local(const socket_address& address);

class socket_listener {
public:
  /// Listens. A Unix socket that nobody listens on any more is replaced. The fault names the
  /// address and the system's reason.
  static result<socket_listener> open(const socket_address& address);

  socket_listener(socket_listener&&) = default;
  socket_listener& operator=(socket_listener&&) = delete;
  ~socket_listener(); ///< removes the file of a Unix socket

  /// The next connection, never blocking; none when nobody waits.
  file_descriptor accept() const;

  int number() const { return file_.number(); }

  /// With the port that the system chose: `127.0.0.1:43211` or `unix:PATH`.
  const std::string& name() const { return name_; }

private:
  socket_listener(file_descriptor file, std::string name)
      : file_(std::move(file)), name_(std::move(name)) {}

  file_descriptor file_;
  std::string name_;
};

/// True for error numbers that only mean "not now".
bool would_block(int code);

} // namespace tickmesh
