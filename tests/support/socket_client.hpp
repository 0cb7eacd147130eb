// A sender for tests of the socket source: blocking sockets, on which every wait has an end, plain
// or with TLS.
#pragma once

#include "actors/market/sources/socket/socket_listener.hpp"
#include "runtime/net/tls_credentials.hpp"
#include "runtime/net/tls_session.hpp"
#include "tests/support/child_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

  /// With the certificates in a directory, shown to and demanded of 127.0.0.1.
  socket_client(const std::string& name, const std::string& certificates) : socket_client(name) {
    auto credentials = tls_credentials::open(certificates);
    REQUIRE_MESSAGE(credentials.has_value(), credentials.error().message);
    tls_.emplace((*credentials)->current(), connection_end::connected, "127.0.0.1");
    send_sealed();
  }

  /// All of it, unless the source has closed the connection.
  void send(std::string_view text) {
    if (tls_) {
      std::vector<char> plain(text.begin(), text.end());
      tls_->write(plain);
      return send_sealed();
    }
    send_plain(text);
  }

  /// As it is, even where TLS is spoken.
  void send_plain(std::string_view text) {
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

  /// What was wrong with TLS; empty: nothing.
  const std::string& fault() const { return fault_; }

private:
  bool receive() {
    char piece[4096];
    auto count = ::recv(file_.number(), piece, sizeof piece, 0);
    if (count <= 0) return false;
    auto bytes = std::span{piece}.first(static_cast<std::size_t>(count));
    if (!tls_) {
      received_.append(bytes.begin(), bytes.end());
      return true;
    }
    auto good = tls_->receive(bytes);
    received_.append(tls_->opened().begin(), tls_->opened().end());
    tls_->opened().clear();
    if (!good) fault_ = good.error().message;
    send_sealed();
    return good.has_value();
  }

  void send_sealed() {
    send_plain({tls_->sealed().data(), tls_->sealed().size()});
    tls_->sealed().clear();
  }

  file_descriptor file_;
  std::optional<tls_session> tls_;
  std::string fault_;
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
