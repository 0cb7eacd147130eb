// The actors of a host, put together: one composition for a process and for a simulation of many
// hosts. What differs is where they live: threads, clock, disk and network are given.
#pragma once

#include "actors/control/cluster/cluster_state.hpp"
#include "actors/control/cluster/host_outcome.hpp"
#include "actors/control/host/host_agent_actor.hpp"
#include "actors/execution/gateways/paper_broker_protocol.hpp"
#include "actors/market/feed/feed.hpp"
#include "apps/settings/settings.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/cluster/epoch_store.hpp"
#include "runtime/log/file_system.hpp"
#include "runtime/results/row_files.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tickmesh {

/// What a host has before its first actor.
struct host_parts {
  std::shared_ptr<const settings> config;
  std::shared_ptr<const feed_source> source; ///< data role only
  std::shared_ptr<row_files> rows;           ///< null when results are off
  std::shared_ptr<epoch_store> seen;
  std::shared_ptr<epoch_store> coordinator_store; ///< control role only
  std::string fresh_cluster_id;
  std::uint64_t incarnation = 0; ///< of the process: random
  std::uint64_t configuration_hash = 0;
};

/// Columns of the row files that a host writes. Positions, which are few, are written even where no
/// other rows are: the summary's profit is theirs.
std::map<std::string, std::string> part_headers(const settings& config);

/// Where the actors live.
struct host_surroundings {
  caf::actor_system& system;
  std::shared_ptr<host_clock> clock;
  file_system* files = &posix_file_system();
  /// Who waits for the disk, or must answer at any time, has a thread of its own; else all actors
  /// run as the system's scheduler has it.
  bool has_threads = true;
  bool recover = false; ///< see cluster_state_options
  std::function<bool(const caf::node_id&, const std::string&)> is_named{}; ///< see the agent's
  std::function<double()> memory_share{};
  std::function<std::int64_t()> certificate_ends_ns{};
  std::function<std::string(const cluster_view*)> process_document{};
  std::function<void(const wire::Status&)> on_status{}; ///< of the coordinator
  std::function<void(const host_outcome&)> on_host_finished{};
  std::function<void(const host_outcome&)> on_cluster_finished{}; ///< of the coordinator
};

/// A host's actors; they wait for begin_join.
struct composed_host {
  caf::actor agent; ///< what the host publishes
  caf::actor coordinator;
  caf::actor epochs;
  caf::actor writer;
  std::map<std::string, paper_broker_actor> paper_brokers;

  bool coordinates() const { return coordinator != nullptr; }
  /// Tells those that have not ended yet to do so, and lets go of all.
  void end();
};

/// What the host says of itself when it joins.
host_join describe_host(const host_parts& parts);

composed_host compose_host(const std::shared_ptr<const host_parts>& parts,
                           const host_surroundings& given);

} // namespace tickmesh
