// Where the control host of a cluster on this machine listens. It says so in its state directory,
// so that verbs find it without being told.
#pragma once

#include "messages/result.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

struct control_flags {
  std::string address;                               ///< ADDR:PORT; empty: look it up
  std::string state_dir = host_settings{}.state_dir; ///< of the control host
  std::string certificates;                          ///< directory; empty: plain connections
  /// For each answer, in s.
  double timeout_s = std::chrono::duration<double>{cluster_settings{}.request_timeout}.count();

  std::chrono::milliseconds timeout() const {
    return std::chrono::milliseconds{static_cast<std::int64_t>(timeout_s * 1000)};
  }
};

std::string control_address_file(const std::string& state_dir);

result<void> announce_control(const std::string& state_dir, const endpoint& address);
/// Takes it back, unless another control host has begun here. One that is killed leaves its file.
void withdraw_control(const std::string& state_dir, const endpoint& address);

/// What the flags say, else the file. Fails in words for the user, with what to do.
result<endpoint> find_control(const control_flags& flags);

} // namespace tickmesh
