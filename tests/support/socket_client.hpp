// A sender for tests of the socket source: plain blocking sockets, on which every wait has an end.
#pragma once

#include "actors/market/sources/socket/socket_listener.hpp"
#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

namespace tickmesh {

class socket_client {
public:
  /// Connects to `127.0.0.1:PORT` or `unix:PATH`.
  explicit socket_client(const std::string& name) {
    auto address = parse_socket_address(name);
    REQUIRE_MESSAGE(address.has_value(), name);
    sockaddr_un local{};
    sockaddr_in remote{};
    const void* target = &local;
    socklen_t size = sizeof local;
    local.sun_family = AF_UNIX;
    std::strncpy(local.sun_path, address->unix_path.c_str(), sizeof local.sun_path - 1);
    if (address->unix_path.empty()) {
      remote.sin_family = AF_INET;
      remote.sin_addr.s_addr = htonl(address->ipv4);
      remote.sin_port = htons(address->port);
      target = &remote;
      size = sizeof remote;
    }
    file_ = file_descriptor{
        ::socket(address->unix_path.empty() ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    timeval limit{patience.count(), 0};
    ::setsockopt(file_.number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(file_.number(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    REQUIRE(::connect(file_.number(), static_cast<const sockaddr*>(target), size) == 0);
  }

  /// All of it, unless the source has closed the connection.
  void send(std::string_view text) {
    while (!text.empty()) {
      auto sent = ::send(file_.number(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  /// The next line without its end; empty when the connection is closed or time is up.
  std::string line() {
    while (received_.find('\n') == std::string::npos)
      if (!receive()) return {};
    auto size = received_.find('\n');
    auto out = received_.substr(0, size);
    received_.erase(0, size + 1);
    return out;
  }

  /// The next `size` bytes, or fewer when the connection is closed or time is up.
  std::string bytes(std::size_t size) {
    while (received_.size() < size && receive()) {
    }
    auto out = received_.substr(0, size);
    received_.erase(0, size);
    return out;
  }

  /// Reads lines up to the acknowledgement of `position`; false when it does not come.
  bool last_ack(std::uint64_t position) {
    auto wanted = "ack," + std::to_string(position);
    for (;;) {
      auto next = line();
      if (next == wanted) return true;
      if (next.empty()) return false;
    }
  }

  /// Reads to the end of the connection; false when it does not come.
  bool drain() {
    char piece[4096];
    ssize_t count = 0;
    while ((count = ::recv(file_.number(), piece, sizeof piece, 0)) > 0) {
    }
    return count == 0 || errno == ECONNRESET;
  }

  /// True when nothing follows but the end of the connection.
  bool is_closed() {
    char byte = 0;
    return received_.empty() && ::recv(file_.number(), &byte, 1, 0) == 0;
  }

private:
  bool receive() {
    char piece[4096];
    auto count = ::recv(file_.number(), piece, sizeof piece, 0);
    if (count <= 0) return false;
    received_.append(piece, static_cast<std::size_t>(count));
    return true;
  }

  file_descriptor file_;
  std::string received_;
};

/// A Unix socket on which nobody listens, as a killed process leaves it.
inline void leave_stale_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  file_descriptor file{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::bind(file.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

} // namespace tickmesh
