// The actor that stands for a host: joins the cluster, runs the slots and replicas that the view
// gives it, wires them to their peers, answers pings, and stops everything in order. It is what a
// process publishes.
//
//   coordinator <--control_bytes--> host_agent --slot_protocol--> slots
//   other hosts --slot_query--> host_agent --handle of the slot-->
#pragma once

#include "actors/control/cluster/pause_detector.hpp"
#include "actors/control/coordinator/coordinator_actor.hpp"
#include "actors/control/wire/control_codec.hpp"
#include "runtime/cluster/slot_protocol.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// The process listens at `address`: joining may begin.
struct begin_join {
  endpoint address;
};

/// The process got a signal to stop in order.
struct stop_signal {
  std::string name; ///< `SIGTERM`
};

struct host_agent_options {
  host_join join; ///< what this host says of itself
  std::shared_ptr<const host_settings> host;
  std::chrono::milliseconds join_timeout{30'000};
  std::chrono::milliseconds drain_timeout{60'000};
  caf::actor coordinator; ///< set on the control host itself
  std::shared_ptr<host_clock> clock;
  caf::actor epochs; ///< epoch_keeper of what this host has seen
  caf::actor writer; ///< row_writer
  /// Starts the actor of a slot; the composition root knows which.
  std::function<caf::actor(caf::event_based_actor*, const slot_context&)> start_slot;
  /// Starts the actor that keeps a copy of a data slot; empty: the host keeps none.
  std::function<caf::actor(caf::event_based_actor*, const slot_context&)> start_replica;
  std::function<double()> memory_share;
  /// JSON about this process, asked for at the end; the view may be null.
  std::function<std::string(const cluster_view*)> process_document;
  std::function<void(const host_outcome&)> on_finished;
};

struct host_agent_state {
  /// A slot, or a replica of one.
  struct running_slot {
    caf::actor handle;
    epoch since{}; ///< number of the view that gave the slot to its owner
    std::map<slot_name, caf::actor> peers;
    std::size_t peers_missing = 0;
    std::optional<slot_counters> counters;
    bool counters_asked = false;
  };

  host_agent_options options;
  caf::actor coordinator;
  bool joined = false;
  bool control_lost = false;
  std::string control_host_id;
  std::int64_t join_deadline_ns = 0; ///< on the actor clock
  std::string last_join_problem;
  std::chrono::milliseconds failover_timeout{5000};
  std::optional<pause_detector> pauses; ///< of this host; since it joined
  nanoseconds silence{};                ///< of the control host, without this host's own pauses
  bool shared_clock = false;
  std::shared_ptr<const cluster_view> view;
  std::map<slot_name, endpoint> addresses;
  std::map<slot_name, running_slot> slots;
  std::map<slot_name, running_slot> replicas;      ///< of other hosts' slots
  std::map<slot_name, caf::actor> ending;          ///< taken away by a view; hold their files still
  std::map<std::string, caf::actor> remote_agents; ///< by `address:port`
  std::map<slot_name, std::vector<caf::typed_response_promise<caf::actor>>> waiting_queries;
  std::map<slot_name, slot_report> reports;
  bool stopping = false;
  bool ended = false;
  host_outcome outcome;
  std::vector<caf::actor> stop_order; ///< slots and replicas that have not ended; last first
  const char* name = "host_agent";
};

caf::behavior host_agent(caf::stateful_actor<host_agent_state>* self, host_agent_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::begin_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_signal)
