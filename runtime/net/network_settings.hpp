// What a host admits through its port, and how much of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

/// Which threads run a host's actors.
enum class scheduler_kind : std::uint8_t {
  reactor, ///< the one that serves the sockets and timers, too
  caf,     ///< those of CAF's scheduler, beside one for sockets and one for timers
};

/// Limits of one host's connections, whatever comes through them.
struct network_settings {
  /// Directory of the files by which hosts know each other (tls_credentials); empty: connections
  /// are plain.
  std::string certificates;
  bool other_users = false;              ///< of this machine may connect, and be connected to
  std::uint32_t message_kib_max = 2'048; ///< senders of tickmesh keep to 1 MiB and a header
  std::uint32_t connections_max = 1'024; ///< accepted; another is closed at once
  std::uint32_t handshakes_max = 64;     ///< unfinished; the oldest makes room for another
  std::uint32_t unsent_mib_max = 64;     ///< for a peer that does not read; then it is cut off
  std::chrono::milliseconds log_interval{5'000}; ///< between lines about what is refused
  std::chrono::milliseconds handshake_timeout{5'000};
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds close_timeout{1'000}; ///< for what is unsent when a connection ends
};

} // namespace tickmesh
