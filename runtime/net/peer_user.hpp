// Which user of this machine is at the other end of a TCP connection, as the kernel knows it
// (sock_diag(7)).
#pragma once

#include "messages/result.hpp"
#include "runtime/net/file_descriptor.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace tickmesh {

class peer_users {
public:
  /// The user of the other end; none where it is on another machine, or gone. Fails where the
  /// system does not say.
  result<std::optional<uid_t>> find(int socket);

  /// Fails where the other end belongs to a user of this machine who is neither this process's nor
  /// root. Where the system does not say, all are let in, and the log tells so once.
  result<void> check(int socket);

private:
  file_descriptor netlink_;
  std::uint32_t questions_ = 0;
  bool has_warned_ = false;
};

} // namespace tickmesh
