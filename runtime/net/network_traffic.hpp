// What a host's port has met. Counted in the loop's thread, read from any.
#pragma once

#include <atomic>
#include <cstdint>

namespace tickmesh {

struct network_traffic {
  using count = std::atomic<std::uint64_t>;

  count accepted{0};        ///< connections
  count refused_full{0};    ///< for network.connections_max
  count refused_packets{0}; ///< connections closed for what they sent
  count refused_peers{0};   ///< connections whose TLS failed
  count refused_users{0};   ///< connections of other users of this machine
  count unfinished{0};      ///< handshakes that took too long, or gave way to others
  count unread{0};          ///< connections closed since the peer did not read
};

/// Counts one more; only the loop's thread counts.
inline void count_one(network_traffic::count& which) {
  which.store(which.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

} // namespace tickmesh
