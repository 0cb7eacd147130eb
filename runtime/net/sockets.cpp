#include "runtime/net/sockets.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

socket_name describe_address(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(in.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
    return {text.data(), ntohs(in.sin6_port)};
  }
  return {};
}

/// Waits for a connection that has begun; the system's number of what went wrong, or 0.
int finish_connecting(int socket, steady_clock::time_point until) {
  for (;;) {
    auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    pollfd waited{socket, POLLOUT, 0};
    auto ready = left.count() <= 0 ? 0 : ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int problem = 0;
    socklen_t size = sizeof(problem);
    ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &problem, &size);
    return problem;
  }
}

} // namespace

socket_name peer_name(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return describe_address(address);
}

socket_name own_name(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return describe_address(address);
}

bool is_own_end(int socket) {
  auto own = own_name(socket);
  auto peer = peer_name(socket);
  return own.port == peer.port && own.address == peer.address;
}

void prepare_stream(int socket) {
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

tl::expected<file_descriptor, connect_fault> connect_tcp(const std::string& host,
                                                         std::uint16_t port, milliseconds timeout) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  auto name = fmt::format("{}:{}", host, port);
  if (auto problem = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found))
    return tl::make_unexpected(
        connect_fault{fmt::format("{}: {}", name, ::gai_strerror(problem)), false});
  std::unique_ptr<addrinfo, void (*)(addrinfo*)> all{found, ::freeaddrinfo};
  auto until = steady_clock::now() + timeout;
  int problem = EADDRNOTAVAIL;
  for (auto* each = found; each != nullptr; each = each->ai_next) {
    file_descriptor out{
        ::socket(each->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, each->ai_protocol)};
    problem = !out ? errno : 0;
    if (out && ::connect(out.number(), each->ai_addr, each->ai_addrlen) != 0)
      problem = errno == EINPROGRESS ? finish_connecting(out.number(), until) : errno;
    if (problem == 0 && is_own_end(out.number())) problem = ECONNREFUSED;
    if (problem != 0) continue;
    prepare_stream(out.number());
    return out;
  }
  return tl::make_unexpected(
      connect_fault{fmt::format("{}: {}", name, std::strerror(problem)), problem == ECONNREFUSED});
}

} // namespace tickmesh
