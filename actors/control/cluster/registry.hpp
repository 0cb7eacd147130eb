// What the coordinator knows of each host, as `status` and the dashboard show it.
#pragma once

#include "runtime/cluster/cluster_settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// What a host's answer to a ping tells; nothing in it is assumed.
struct host_measurement {
  nanoseconds response_time{}; ///< of the ping, there and back
  double memory_share = -1;    ///< used / total memory of its machine; negative: unknown
  std::uint64_t queued_ticks = 0;
  std::int64_t certificate_ends_ns = 0;          ///< UTC; 0: it has none
  std::optional<nanoseconds> clock_offset;       ///< its clock - the coordinator's
  std::map<std::string, std::uint64_t> counters; ///< since its start, by name
};

/// 0.4 x used / total memory + 0.6 x min(1, queued ticks / 10000); nothing when the memory share is
/// unknown (docs/architecture.md, "Load score").
std::optional<double> load_score(const host_measurement& measurement);

/// The roles by name in their order, with `separator` between them.
std::string format_roles(const std::set<role>& roles, std::string_view separator);

/// `5.5 s`
std::string format_seconds(nanoseconds t);

/// A row of the registry. What has not been measured yet is absent.
struct registry_row {
  std::string node_id;
  std::string node_type; ///< the roles it offers: `data+calc`
  std::string host;      ///< its address
  std::uint16_t port = 0;
  host_status status = host_status::joining;
  std::string failure;                       ///< why it has been given up
  std::vector<std::string> slot_failures;    ///< `data/0: why it could not go on there`
  std::string boot_id;                       ///< of its machine
  std::vector<slot_name> slots;              ///< that it runs
  std::vector<slot_name> replicas;           ///< of which it keeps a copy
  std::optional<nanoseconds> last_heartbeat; ///< on the clock of cluster_state::advance
  std::optional<double> load_score;
  std::optional<nanoseconds> response_time;
  std::optional<nanoseconds> clock_offset;
  std::int64_t certificate_ends_ns = 0;
  std::map<std::string, std::uint64_t> counters;
};

} // namespace tickmesh
