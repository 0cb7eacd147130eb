// What a seed draws: how many hosts there are, which roles they play, which market they see, and
// which faults meet them when.
#pragma once

#include "apps/settings/settings.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

enum class fault_kind : std::uint8_t {
  cut,           ///< the connections between two hosts end
  partition,     ///< nothing passes between two hosts for a while
  one_way,       ///< the same in one direction
  split,         ///< nothing passes between two hosts for long, and both reach the control host
  lost_handles,  ///< a host forgets the actors of another one, as CAF may after a reconnect
  pause,         ///< a host stands still for a while
  long_pause,    ///< the same, for so long that it is given up; then it wakes
  cut_off,       ///< nothing passes between a host and the control host, until it is given up
  crash,         ///< a host's process is killed
  crash_at_call, ///< the same, at the n-th call from now on by which it would change its disk
  power_loss,    ///< a host's machine loses its power
  clock_jump,    ///< a host's wall clock jumps
  stop_signal,   ///< a host's process gets SIGTERM
  full_disk,     ///< a host's disk is full from now on
  slow_disk,     ///< whoever syncs something of a host stands still for 5 to 500 ms
  sender_cut,    ///< the connection of a live source's sender to a host ends
};

struct planned_fault {
  std::chrono::nanoseconds at{}; ///< since the start
  fault_kind kind{};
  std::size_t host = 0;
  std::size_t other = 0;               ///< host, of faults between two
  std::chrono::nanoseconds duration{}; ///< or the distance of a clock jump
  std::uint64_t call = 0;              ///< of crash_at_call
  bool comes_back = false;             ///< the host is started again, `duration` later
};

struct planned_host {
  std::string id;
  std::set<role> roles;
  std::chrono::nanoseconds clock_error{};
  bool is_standby = false;
};

/// How bad the faults are.
enum class plan_severity : std::uint8_t {
  nuisance, ///< none of them may end the cluster, nor change a result
  failover, ///< hosts with data slots alone are lost, too
  disaster, ///< anything: the cluster may end, with a reason
};

struct cluster_plan {
  std::uint64_t seed = 0;
  plan_severity severity = plan_severity::nuisance;
  std::uint64_t market = 0; ///< which of the few, see market_settings
  std::uint16_t data_slots = 1, calc_slots = 1, data_replication = 2;
  std::vector<planned_host> hosts;      ///< the first is the control host
  std::chrono::nanoseconds delay_max{}; ///< of what is under way
  std::vector<planned_fault> faults;    ///< in the order of their times
  bool runs_again = false; ///< when all has ended, all is started again, and left in peace
  bool is_live = false;    ///< the market comes once, from a sender
  log_durability durability = log_durability::interval; ///< of logs and journals
  bool keeps_ports = false; ///< a host that comes back listens where it did
};

inline constexpr std::uint64_t market_count = 8;

/// What seeds may draw.
struct plan_limits {
  std::set<role> lost_roles{role::data, role::calc}; ///< hosts that are lost have only these
  std::size_t hosts = 0;                             ///< 0: one to six
};

/// The plan of a seed.
cluster_plan draw_plan(std::uint64_t seed, const plan_limits& limits);

/// The same market and rules without faults, on one host.
cluster_plan quiet_plan(std::uint64_t market, bool is_live = false);

/// Those that may play this role.
std::vector<std::size_t> hosts_with(const cluster_plan& plan, role r);

/// Settings that all hosts of a plan have; a host's id and roles are added.
settings plan_settings(const cluster_plan& plan);

std::string describe(const cluster_plan& plan);
std::string describe_kind(fault_kind kind);
std::string describe(const cluster_plan& plan, const planned_fault& fault);

} // namespace tickmesh
