#include "runtime/net/peer_user.hpp"

#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tickmesh {

namespace {

struct diag_query {
  nlmsghdr header{};
  inet_diag_req_v2 question{};
};

/// Both ends of a socket, its peer's first: the peer's own socket has them this way round.
std::optional<inet_diag_req_v2> ask_for_peer(int socket) {
  sockaddr_storage own{}, peer{};
  socklen_t own_size = sizeof(own), peer_size = sizeof(peer);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_size) != 0 ||
      ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &peer_size) != 0)
    return std::nullopt;
  inet_diag_req_v2 out{};
  out.sdiag_family = static_cast<__u8>(peer.ss_family);
  out.sdiag_protocol = IPPROTO_TCP;
  out.idiag_states = ~0u;
  out.id.idiag_cookie[0] = out.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  auto put = [](const sockaddr_storage& from, __be16& port, __be32* address) {
    if (from.ss_family == AF_INET) {
      auto& in = reinterpret_cast<const sockaddr_in&>(from);
      port = in.sin_port;
      std::memcpy(address, &in.sin_addr, sizeof(in.sin_addr));
    } else {
      auto& in = reinterpret_cast<const sockaddr_in6&>(from);
      port = in.sin6_port;
      std::memcpy(address, &in.sin6_addr, sizeof(in.sin6_addr));
    }
  };
  put(peer, out.id.idiag_sport, out.id.idiag_src);
  put(own, out.id.idiag_dport, out.id.idiag_dst);
  return out;
}

} // namespace

result<std::optional<uid_t>> peer_users::find(int socket) {
  auto question = ask_for_peer(socket);
  if (!question) return std::optional<uid_t>{};
  if (!netlink_)
    netlink_ = file_descriptor{::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)};
  diag_query query;
  query.header.nlmsg_len = sizeof(query);
  query.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  query.header.nlmsg_flags = NLM_F_REQUEST;
  query.header.nlmsg_seq = ++questions_;
  query.question = *question;
  if (!netlink_ || ::send(netlink_.number(), &query, sizeof(query), 0) < 0)
    return fail(std::strerror(errno));
  alignas(nlmsghdr) std::array<char, 1'024> answer{};
  auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
  do { // an answer that an interruption left behind belongs to an earlier question
    auto count = ::recv(netlink_.number(), answer.data(), answer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(std::strerror(errno));
    if (!NLMSG_OK(header, static_cast<std::size_t>(count)))
      return fail("an answer that is cut off");
  } while (header->nlmsg_seq != query.header.nlmsg_seq);
  if (header->nlmsg_type == NLMSG_ERROR) {
    auto problem = -static_cast<const nlmsgerr*>(NLMSG_DATA(header))->error;
    if (problem == ENOENT) return std::optional<uid_t>{};
    return fail(std::strerror(problem));
  }
  return std::optional<uid_t>{static_cast<const inet_diag_msg*>(NLMSG_DATA(header))->idiag_uid};
}

result<void> peer_users::check(int socket) {
  auto user = find(socket);
  if (!user) {
    if (!std::exchange(has_warned_, true))
      log_warning("the system does not say whose connections are ({}): other users of this machine "
                  "are let in",
                  user.error().message);
    return {};
  }
  if (!*user || **user == 0 || **user == ::geteuid()) return {};
  return fail(fmt::format("it belongs to user {} of this machine, and this is user {} "
                          "(network.other_users)",
                          **user, ::geteuid()));
}

} // namespace tickmesh
