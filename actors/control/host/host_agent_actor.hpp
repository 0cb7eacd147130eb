// The actor that stands for a host: joins the cluster, runs the slots and replicas that the view
// gives it, wires them to their peers, answers pings, and stops everything in order. It is what a
// process publishes.
//
//   coordinator <--control_bytes--> host_agent --slot_protocol--> slots
//   other hosts --slot_query--> host_agent --handle of the slot-->
#pragma once

#include "actors/control/coordinator/coordinator_actor.hpp"
#include "actors/control/host/control_watch.hpp"
#include "actors/control/host/host_counts.hpp"
#include "actors/control/host/host_directory.hpp"
#include "actors/control/host/host_stop.hpp"
#include "actors/control/host/hosted_slots.hpp"
#include "actors/control/host/slot_queries.hpp"
#include "actors/control/wire/control_codec.hpp"
#include "runtime/cluster/host_connector_actor.hpp"
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

/// Time to try to reach the control host again.
struct retry_join {};

/// The process got a signal to stop in order.
struct stop_signal {
  std::string name; ///< `SIGTERM`
};

struct host_agent_options {
  host_join join; ///< what this host says of itself
  std::shared_ptr<const host_settings> host;
  cluster_settings cluster; ///< how long it waits for what
  caf::actor coordinator;   ///< set on the control host itself
  std::shared_ptr<host_clock> clock;
  caf::actor epochs;                         ///< epoch_keeper of what this host has seen
  caf::actor writer;                         ///< row_writer
  file_system* files = &posix_file_system(); ///< where slots keep their state
  host_connector connect = connect_by_network;
  /// Whether a node's certificate has this host id; empty: there are no certificates.
  std::function<bool(const caf::node_id&, const std::string&)> is_named;
  /// Starts the actor of a slot; the composition root knows which.
  std::function<caf::actor(caf::event_based_actor*, const slot_context&)> start_slot;
  /// Starts the actor that keeps a copy of a data slot; empty: the host keeps none.
  std::function<caf::actor(caf::event_based_actor*, const slot_context&)> start_replica;
  std::function<double()> memory_share;
  /// When the host's certificate ends, UTC ns; empty: it has none.
  std::function<std::int64_t()> certificate_ends_ns;
  /// JSON about this process, asked for at the end; the view may be null.
  std::function<std::string(const cluster_view*)> process_document;
  std::function<void(const host_outcome&)> on_finished;
};

struct host_agent_state {
  host_agent_options options;
  caf::actor coordinator;
  bool control_lost = false; ///< the coordinator is gone, or out of reach
  bool is_watching = false;  ///< the control host, by a timer
  bool joined = false;
  bool shared_clock = false; ///< with the control host
  join_attempts attempts;
  control_watch control;
  std::optional<addressed_view> stored_view; ///< whose epoch is being stored
  std::optional<addressed_view> next_view;   ///< that has come meanwhile
  hosted_slots<caf::actor> slots;
  host_directory<caf::actor> directory;
  std::map<std::string, std::vector<peer_search>> waiting_searches; ///< by host, until it is there
  slot_queries<caf::typed_response_promise<caf::actor>> queries;    ///< of other hosts
  std::map<slot_name, wire::SlotFailed> slot_failures;              ///< as they were told
  std::optional<std::string> host_failure; ///< why this host can't go on, as it was told
  std::optional<std::string> stop_wish;    ///< the signal that asked for it
  host_counts counts;
  host_stop<caf::actor> stop;
  const char* name = "host_agent";
};

using agent_actor = caf::stateful_actor<host_agent_state>;

caf::behavior host_agent(agent_actor* self, host_agent_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::begin_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::retry_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_signal)
