// Settings of the cluster itself: who takes part, how failure is noticed, where this host listens.
#pragma once

#include "messages/timestamp.hpp"
#include "runtime/cluster/cluster_view.hpp"
#include "runtime/net/network_settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace tickmesh {

/// An IPv4 address (or `localhost`) and a port.
struct endpoint {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0; ///< 0: chosen by the system
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// When a data slot counts a tick as accepted, and passes it on.
enum class publish_rule : std::uint8_t {
  replicated, ///< when every replica in sync has logged it
  local,      ///< when the owner has logged it
};

/// What a data slot does that can neither reach a replica nor have it removed from the in-sync set.
enum class two_fault_rule : std::uint8_t {
  hold,  ///< it passes nothing on
  local, ///< it goes on alone, and ticks may be lost with it
};

/// What the coordinator waits for and how it judges hosts.
struct cluster_settings {
  std::string name = "tickmesh";
  std::uint16_t data_slots = 1;
  std::uint16_t calc_slots = 1;
  std::uint16_t exec_slots = 1;       ///< 1 is the only value yet
  std::uint16_t data_replication = 2; ///< copies of a tick log; at most one per data host
  std::uint16_t calc_replication =
      2; ///< a calculation slot and its replicas, which are on standbys
  publish_rule publish_after = publish_rule::replicated;
  two_fault_rule on_two_faults = two_fault_rule::hold;
  std::chrono::milliseconds replica_ack_timeout{1000}; ///< then a replica is no more in sync
  std::chrono::milliseconds health_check_interval{500};
  std::chrono::milliseconds failover_timeout{5000}; ///< silence after which a host has failed
  /// Silence of a host after which its calculation slots go to their replicas in sync.
  std::chrono::milliseconds calc_failover_timeout{250};
  std::chrono::milliseconds join_timeout{30000};   ///< for the whole cluster to be there
  std::chrono::milliseconds drain_timeout{60000};  ///< for an orderly stop
  std::chrono::milliseconds retry_interval{200};   ///< to the next trial of a connection
  std::chrono::milliseconds request_timeout{5000}; ///< for another host or actor to answer
  std::chrono::milliseconds goodbye_timeout{2000}; ///< for the answer to a host's good-bye
  std::uint32_t waiting_queries_max = 1024; ///< of other hosts, for slots that do not run yet
  bool auto_failover = true;                ///< else slots of a lost host wait for an operator
  std::uint32_t max_retry_attempts = 3;     ///< hand-overs of a slot ...
  std::chrono::milliseconds retry_period{10'000}; ///< ... within this time: then it waits, too
};

/// What concerns one process.
struct host_settings {
  std::string id = "local";
  std::set<role> roles; ///< empty: all four, in one process
  endpoint listen{};
  std::optional<endpoint> join; ///< the control host
  bool standby = false;         ///< takes no slot before one has to be taken over
  bool insecure_network = false;
  std::string announce_file;     ///< where to write the address; empty: nowhere
  std::string state_dir = "var"; ///< epoch store, one folder per host
  std::string results_dir = "results/latest";
  scheduler_kind scheduler = scheduler_kind::reactor;
  std::uint32_t scheduler_threads = 1;
  std::uint32_t link_window_items = 65'536;     ///< ticks or signals in flight on one link
  std::chrono::milliseconds link_silence{1000}; ///< then a receiver that owes a word is suspect
  std::uint32_t round_ticks_max = 8'192;        ///< ticks that a data slot handles at once
  std::uint32_t rounds_in_flight_max = 4;       ///< from feed to log, if there are as many threads
  std::uint32_t replay_buffer_mib = 256;        ///< kept per calc slot to restart calculators
  std::uint32_t restarts_max = 3;               ///< of one supervisor's children ...
  std::chrono::milliseconds restart_period{10'000}; ///< ... within this time
  std::chrono::milliseconds restart_backoff{100};   ///< see restart_backoff
};

} // namespace tickmesh
