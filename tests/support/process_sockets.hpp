// The connections between processes that a test has started, which it cuts as a broken cable does:
// both ends see them end, and nobody has asked for it.
#pragma once

#include "runtime/net/file_descriptor.hpp"
#include "runtime/net/sockets.hpp"
#include "tests/support/child_process.hpp"

#include <sys/socket.h>
#include <sys/syscall.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// A socket of another process, shared with it.
struct process_socket {
  file_descriptor descriptor;
  std::uint16_t own_port = 0, peer_port = 0;
};

/// Its connected sockets. The process is a child of this one.
inline std::vector<process_socket> connected_sockets(pid_t process) {
  std::vector<process_socket> out;
  file_descriptor handle{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
  REQUIRE_MESSAGE(handle, "pidfd_open: ", std::strerror(errno));
  auto directory = "/proc/" + std::to_string(process) + "/fd";
  std::error_code gone;
  for (auto& entry : std::filesystem::directory_iterator{directory, gone}) {
    auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!target.native().starts_with("socket:")) continue;
    auto number = std::stoi(entry.path().filename());
    file_descriptor shared{
        static_cast<int>(::syscall(SYS_pidfd_getfd, handle.number(), number, 0))};
    if (!shared) continue; // closed meanwhile
    auto own = own_name(shared.number()).port, peer = peer_name(shared.number()).port;
    if (own != 0 && peer != 0) out.push_back({std::move(shared), own, peer});
  }
  return out;
}

/// Cuts all connections between two processes; how many there were.
inline std::size_t cut_connections(pid_t a, pid_t b) {
  std::set<std::pair<std::uint16_t, std::uint16_t>> of_b;
  for (auto& socket : connected_sockets(b))
    of_b.insert({socket.peer_port, socket.own_port});
  std::size_t out = 0;
  for (auto& socket : connected_sockets(a)) {
    if (!of_b.contains({socket.own_port, socket.peer_port})) continue;
    ::shutdown(socket.descriptor.number(), SHUT_RDWR);
    ++out;
  }
  return out;
}

} // namespace tickmesh
