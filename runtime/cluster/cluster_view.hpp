// The cluster as every host sees it: which slot runs where, under which epoch. Plain values.
#pragma once

#include "messages/numbers.hpp"
#include "messages/slot.hpp"
#include "runtime/log/replica_assignment.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

enum class host_status : std::uint8_t { joining, active, standby, suspect, failed, draining };
inline constexpr std::array<std::string_view, 6> host_status_names{"JOINING", "ACTIVE", "STANDBY",
                                                                   "SUSPECT", "FAILED", "DRAINING"};
constexpr std::string_view to_string(host_status s) {
  return host_status_names[static_cast<std::size_t>(s)];
}

/// A slot and the host that runs it.
struct slot_assignment {
  slot_name slot{};
  std::string host_id;
  epoch since{};                              ///< number of the view that gave it to the host
  std::vector<replica_assignment> replicas{}; ///< of a data slot; ordered by host id
  friend bool operator==(const slot_assignment&, const slot_assignment&) = default;
};

/// A versioned, immutable picture of the cluster.
struct cluster_view {
  std::string cluster_id; ///< random, made once per store
  epoch number{};
  epoch formed{}; ///< number of the first view of this run of the cluster
  std::uint32_t configuration_version = 1;
  std::vector<slot_assignment> slots; ///< ordered by slot
  std::vector<std::string> symbols;   ///< position is the dense id; append-only

  std::vector<slot_name> slots_of(role r) const;
  const slot_assignment* find(slot_name slot) const; ///< null: no such slot
  std::optional<std::string> host_of(slot_name slot) const;
  friend bool operator==(const cluster_view&, const cluster_view&) = default;
};

} // namespace tickmesh
