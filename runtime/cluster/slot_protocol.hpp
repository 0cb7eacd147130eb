// What a host and the slots it runs say to each other. A slot is an actor; the host agent starts
// it, tells it its peers, and stops it. A replica keeps a copy of a data slot's tick log on another
// host; it is an actor that the host agent starts, tells the owner and stops in the same way.
//
//   host_agent --link_peers--> slot --slot_ready--> host_agent
//   host_agent --start_feeds / stop_feeds--> data slot
//   slot --slot_finished | slot_failed--> host_agent
//   host_agent --view_changed--> slot, replica
//   data slot --replica_state_changed--> host_agent
//   host_agent --counters_query--> slot --slot_counters--> host_agent
#pragma once

#include "messages/slot.hpp"
#include "runtime/actors/host_clock.hpp"
#include "runtime/cluster/cluster_settings.hpp"
#include "runtime/cluster/cluster_view.hpp"
#include "runtime/log/file_system.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace tickmesh {

/// What every slot and every replica is given at its start.
struct slot_context {
  slot_name slot{};
  std::shared_ptr<const cluster_view> view;
  std::shared_ptr<const host_settings> host;
  std::shared_ptr<host_clock> clock;
  caf::actor agent;  ///< the host agent
  caf::actor writer; ///< row_writer
  epoch since{};     ///< number of the view that gave the slot to its present owner
  file_system* files = &posix_file_system(); ///< where the host keeps its state
  std::string rows{};                        ///< of its files of rows, see rows_name: `calc-0.5`
};

/// To a slot: downstream slots and the actors to send link frames to, all of them first, and then
/// each again that was lost and found. To a replica: its slot and the owner's actor, again whenever
/// the owner has changed, or was lost and found.
struct link_peers {
  std::map<slot_name, caf::actor> peers;
};

struct slot_ready {
  slot_name slot{};
};

/// What a slot measured. Counts depend on the ticks alone, but those of suspect links; delays and
/// moments do not.
struct slot_report {
  std::map<std::string, std::uint64_t> counts;
  std::map<std::string, delay_histogram> delays;
  std::map<std::string, std::int64_t> moments; ///< UTC ns on the control host's clock
  std::string rows{};                          ///< see slot_context; empty: it has written none
  std::map<std::string, std::string> quarantined{}; ///< symbols that it does not calculate, and why
};

/// Moments in reports: when a slot's work began and when its last item had been dealt with.
inline constexpr const char* started_moment = "started_ns";
inline constexpr const char* finished_moment = "finished_ns";

/// The slot has passed on all that it had, and had it acknowledged.
struct slot_finished {
  slot_name slot{};
  slot_report report;
};

struct slot_failed {
  slot_name slot{};
  std::string reason;
  bool begins_again = false; ///< a replica: the host may keep another one of the slot
};

/// A newer view, to every slot and replica that runs. The slot is still this host's, and the
/// replica, too, for an actor that the view takes away is ended instead.
struct view_changed {
  std::shared_ptr<const cluster_view> view;
};

/// The owner of a data slot says whether a replica holds every accepted tick. It takes effect with
/// the view_changed that shows it: until then a replica that falls behind is waited for, and from
/// the moment of saying so a replica that has caught up.
struct replica_state_changed {
  slot_name slot{};
  std::string host_id; ///< of the replica
  bool in_sync = false;
  epoch since{}; ///< of the replica, by the view that the owner knows; else it is not heard
};

/// A slot's peer owes it a word and is silent: the way to it is to be found again. The peer of a
/// replica is its slot.
struct peer_silent {
  slot_name slot{};
  slot_name peer{};
};

struct start_feeds {};
struct stop_feeds {};

/// Asked for every heartbeat.
struct counters_query {};
struct slot_counters {
  slot_name slot{};
  std::map<std::string, std::uint64_t> counts;
  std::uint64_t queued_ticks = 0;
  std::string execution_totals; ///< ExecutionTotals of orders.proto, encoded; of exec slots
};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::link_peers)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::slot_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::slot_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::slot_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::view_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::replica_state_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::peer_silent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::start_feeds)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::stop_feeds)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::counters_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::slot_counters)
