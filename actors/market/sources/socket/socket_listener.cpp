#include "actors/market/sources/socket/socket_listener.hpp"

#include "actors/market/sources/file/csv_numbers.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace tickmesh {

namespace {

constexpr std::string_view unix_prefix = "unix:";

/// One sender is served at a time; others wait only to be told so.
constexpr int backlog = 8;

std::string system_reason() {
  return std::generic_category().message(errno);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  std::memcpy(out.sun_path, path.c_str(), path.size() + 1);
  return out;
}

sockaddr_in tcp_address(const socket_address& address) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(address.ipv4);
  out.sin_port = htons(address.port);
  return out;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes what a killed process left behind; leaves what is in use or no socket.
void remove_stale_socket(const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return;
  file_descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  auto address = unix_address(path);
  if (::connect(probe.number(), generic(address), sizeof address) < 0 && errno == ECONNREFUSED)
    ::unlink(path.c_str());
}

std::string tcp_name(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return fmt::format("{}:{}", text, ntohs(address.sin_port));
}

} // namespace

result<socket_address> parse_socket_address(std::string_view text) {
  constexpr std::string_view allowed =
      "allowed: 127.0.0.1:PORT with an IPv4 address or localhost and a port from 0 to 65535, or "
      "unix:PATH";
  socket_address out;
  if (text.starts_with(unix_prefix)) {
    out.unix_path = text.substr(unix_prefix.size());
    constexpr auto path_max = sizeof(sockaddr_un::sun_path) - 1;
    if (out.unix_path.empty() || out.unix_path.size() > path_max)
      return fail(fmt::format("needs a path of 1 to {} bytes behind unix:", path_max));
    return out;
  }
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(fmt::format("has no port; {}", allowed));
  std::string host{text.substr(0, colon)};
  if (host == "localhost") host = "127.0.0.1";
  in_addr parsed{};
  if (::inet_pton(AF_INET, host.c_str(), &parsed) != 1)
    return fail(fmt::format("has no IPv4 address; {}", allowed));
  auto port = parse_integer(text.substr(colon + 1), 65'535);
  if (!port) return fail(fmt::format("has no valid port; {}", allowed));
  out.ipv4 = ntohl(parsed.s_addr);
  out.port = static_cast<std::uint16_t>(*port);
  return out;
}

bool is_local(const socket_address& address) {
  return !address.unix_path.empty() || address.ipv4 >> 24 == 127;
}

result<socket_listener> socket_listener::open(const socket_address& address) {
  bool is_unix = !address.unix_path.empty();
  auto to_tcp = tcp_address(address);
  auto name = is_unix ? fmt::format("{}{}", unix_prefix, address.unix_path) : tcp_name(to_tcp);
  auto failed = [&](std::string_view what) {
    return fail(fmt::format("cannot {} {}: {}", what, name, system_reason()));
  };
  auto family = is_unix ? AF_UNIX : AF_INET;
  file_descriptor file{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!file) return failed("open a socket for");
  if (is_unix) {
    remove_stale_socket(address.unix_path);
    auto to = unix_address(address.unix_path);
    if (::bind(file.number(), generic(to), sizeof to) < 0) return failed("listen on");
  } else {
    int on = 1;
    ::setsockopt(file.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(file.number(), generic(to_tcp), sizeof to_tcp) < 0) return failed("listen on");
    socklen_t size = sizeof to_tcp;
    ::getsockname(file.number(), reinterpret_cast<sockaddr*>(&to_tcp), &size);
    name = tcp_name(to_tcp);
  }
  if (::listen(file.number(), backlog) < 0) return failed("listen on");
  return socket_listener{std::move(file), std::move(name)};
}

socket_listener::~socket_listener() {
  if (file_ && name_.starts_with(unix_prefix)) ::unlink(name_.c_str() + unix_prefix.size());
}

file_descriptor socket_listener::accept() const {
  file_descriptor file{::accept4(file_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  int on = 1;
  if (file) ::setsockopt(file.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return file;
}

bool would_block(int code) {
  return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

} // namespace tickmesh
