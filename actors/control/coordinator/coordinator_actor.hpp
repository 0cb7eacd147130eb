// The control host's actor: feeds cluster_state with what hosts say and with measured time, and
// carries out what it decides. Also the health monitor: it pings every host.
//
//   host_agent --Join, Pong, SlotReady, ...--> coordinator --View, Ping, StopHost, ...-->
//   host_agent
#pragma once

#include "actors/control/cluster/cluster_state.hpp"
#include "actors/control/cluster/host_outcome.hpp"
#include "messages/proto/cluster.pb.h"
#include "runtime/actors/host_clock.hpp"

#include <caf/all.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace tickmesh {

struct coordinator_options {
  cluster_state_options cluster;
  std::string host_id; ///< of the control host itself
  std::string boot_id;
  std::shared_ptr<host_clock> clock;
  caf::actor epochs; ///< epoch_keeper
  caf::actor writer; ///< row_writer
  /// Whether a node's certificate has this host id; empty: there are no certificates.
  std::function<bool(const caf::node_id&, const std::string&)> is_named;
  /// Called at every heartbeat and at the end, for the progress line.
  std::function<void(const wire::Status&)> on_status;
  std::function<void(const host_outcome&)> on_finished;
};

struct coordinator_state {
  /// Somebody who is answered when these hosts have told their counts, or when that takes too long.
  struct awaited_status {
    std::uint64_t counts_query = 0;
    caf::actor asker;
    bool with_symbols = false;
    std::set<std::string> hosts;
  };
  std::unique_ptr<cluster_state> cluster;
  std::map<std::string, caf::actor> agents;
  std::map<caf::actor_addr, std::string> host_by_agent;
  std::map<std::string, std::int64_t> clock_offsets; ///< of the fastest ping so far
  std::map<std::string, std::int64_t> best_response;
  std::map<std::string, wire::ExecutionTotals> execution;
  std::int64_t started_ns = 0;  ///< when the first slot began and the last that has finished was
  std::int64_t finished_ns = 0; ///< done; 0: none has finished
  std::vector<awaited_status> awaited; ///< status queries that wait for fresh counts
  std::uint64_t last_counts_query = 0;
  bool is_probing = false; ///< probe_now is on its way
  caf::actor asker;        ///< sender of the request being judged
  std::uint64_t last_ping = 0;
  bool finished = false;
  const char* name = "coordinator";
};

using coordinator_actor = caf::stateful_actor<coordinator_state>;

caf::behavior coordinator(coordinator_actor* self, coordinator_options options);

} // namespace tickmesh
