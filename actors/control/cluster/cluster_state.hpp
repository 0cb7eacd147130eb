// The coordinator's mind: who takes part, which slot runs where, when to start and when to stop. A
// pure state machine: no clock, no I/O, no actors; coordinator_actor feeds it and obeys its
// effects.
//
//   FORMING --all slots have a host--> STARTING --all slots ready--> RUNNING
//      |                                  |                            | sources end, or a stop
//      |                                  |                            v is asked for
//      | time-out, failure, stop          | failure, stop          DRAINING --all slots finished--+
//      +----------------------------------+------> STOPPING <----------+-- failure, time-out -----+
//                                                     | all hosts have stopped, or a time-out
//                                                     v
//                                                  STOPPED
//
// A host that fails in STARTING, RUNNING or DRAINING stops nothing when somebody can take over each
// of its slots: of a data slot the host of a replica in sync, of a calculation slot a standby, or
// whoever offers that role. A new view gives the slot to it, at once or when an operator says so
// (cluster_failover.cpp). Who may join, and who gets which slot: cluster_join.cpp.
#pragma once

#include "actors/control/cluster/pause_detector.hpp"
#include "actors/control/cluster/registry.hpp"
#include "runtime/cluster/cluster_settings.hpp"
#include "runtime/cluster/epoch_store.hpp"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace tickmesh {

/// A host's request to take part.
struct host_join {
  std::string host_id;
  std::set<role> roles;
  endpoint address{};
  std::string cluster_name;
  std::uint64_t schema_hash = 0;
  std::string build_id;
  std::uint64_t configuration_hash = 0; ///< of the settings that reach a result
  std::string boot_id;
  cluster_epoch seen{};                 ///< from the host's own epoch_store
  std::vector<std::string> symbols;     ///< data hosts: in the order of dense ids
  std::uint64_t source_fingerprint = 0; ///< data hosts: equal for equal ticks
  std::uint64_t incarnation = 0;        ///< of the process: random
  bool is_standby = false;              ///< it takes no slot before one has to be taken over
  bool is_named = true;                 ///< with TLS: its certificate has the host id; not sent
};

/// A slot's owner speaks. It counts while the slot is still given to that host by that view.
struct slot_claim {
  slot_name slot{};
  std::string host_id;
  epoch since{}; ///< number of the view that gave the slot to the host
};

/// What the coordinator has to do, in the order given.
namespace effect {

struct accept_join {
  std::string host_id;
};
/// Answers the sender of the request, who may bear the id of a host that is well.
struct refuse_join {
  std::string host_id;
  std::string message;
};
/// To be made durable and answered by epoch_persisted before anything else happens.
struct persist_epoch {
  cluster_epoch value;
};
/// To all hosts that can be reached.
struct publish_view {
  cluster_view view;
};
/// A host that was out of reach is back: it is told so, and then what it may have missed.
struct reattach_host {
  std::string host_id;
};
/// To that host alone.
struct send_view {
  std::string host_id;
};
struct start_feeds {
  std::optional<slot_name> slot; ///< nothing: all data slots
};
struct stop_feeds {
  std::string reason;
  std::optional<slot_name> slot; ///< nothing: all data slots
};
/// A calculation slot goes from a silent host to its replica, which costs a view if the host is
/// well.
struct slot_moved {
  std::string reason;
};
/// A slot, or the replica of one, was given up on a host that is well.
struct slot_given_up {
  std::string reason;
};
/// The cluster goes on without this host.
struct host_given_up {
  std::string host_id;
  std::string reason;
};
/// The host is answered by host_stopped. It may be told so although it has been given up.
struct stop_host {
  std::string host_id;
  std::string reason;
  bool failed = false;
};
/// To whoever asked for a failover: where the slot goes, or why it stays.
struct answer_failover {
  bool is_done = false;
  std::string text;
};
/// The last effect of all. The exit code is 0 after an orderly stop, else 1.
struct cluster_finished {
  int exit_code = 0;
  std::string reason;
};

} // namespace effect

using cluster_effect = std::variant<effect::accept_join, effect::refuse_join, effect::persist_epoch,
                                    effect::publish_view, effect::reattach_host, effect::send_view,
                                    effect::start_feeds, effect::stop_feeds, effect::slot_moved,
                                    effect::slot_given_up, effect::host_given_up, effect::stop_host,
                                    effect::answer_failover, effect::cluster_finished>;
using cluster_effects = std::vector<cluster_effect>;

enum class cluster_phase : std::uint8_t { forming, starting, running, draining, stopping, stopped };
inline constexpr std::array<std::string_view, 6> cluster_phase_names{
    "FORMING", "STARTING", "RUNNING", "DRAINING", "STOPPING", "STOPPED"};
constexpr std::string_view to_string(cluster_phase p) {
  return cluster_phase_names[static_cast<std::size_t>(p)];
}

struct cluster_state_options {
  cluster_settings settings{};
  cluster_epoch stored{};         ///< from the coordinator's epoch_store
  std::string fresh_cluster_id;   ///< used where neither the store nor a host has one
  bool keeps_data_owners = false; ///< data slots stay with the hosts that had them in the last run
  bool recover = false;           ///< `--recover`: hosts of another cluster or epoch may join
  std::uint64_t schema_hash = 0;
  std::string build_id;
  std::uint64_t configuration_hash = 0;
  std::uint32_t configuration_version = 1;
  nanoseconds now{}; ///< when the waiting for hosts begins, on the clock of advance
};

/// Inputs from hosts that never joined, were given up or are out of turn change nothing: messages
/// of a host that has failed may still be under way. Effects depend on the inputs and their order
/// only.
class cluster_state {
public:
  explicit cluster_state(cluster_state_options options);

  /// A host takes one slot of each of its roles that has one free (the control host and a standby
  /// none); hosts ordered by id take `data/0`, `data/1`, ... of theirs. One that joins while the
  /// cluster is STARTING or RUNNING is a standby.
  cluster_effects join(const host_join& request);

  /// The hosts that are to be asked every probe_interval() whether they are there: they have a
  /// calculation slot with a replica in sync, which may take over at once.
  std::vector<std::string> probed_hosts() const;
  std::chrono::milliseconds probe_interval() const {
    return options_.settings.calc_failover_timeout / 10;
  }
  /// One of them has been asked; its answer is a pong, or answered().
  void probed(const std::string& host_id);
  void answered(const std::string& host_id);

  /// The host answered a ping.
  void pong(const std::string& host_id, const host_measurement& measurement);

  /// What the host has counted, without anything else of a pong.
  void counted(const std::string& host_id, std::map<std::string, std::uint64_t> counters);

  /// The connection of a host that had joined broke. It may be well: whoever can is to look for it.
  /// The cluster is not formed meanwhile.
  cluster_effects connection_broken(const std::string& host_id);

  /// It has been reached again.
  cluster_effects connection_restored(const std::string& host_id);

  /// Nothing is there any more where it listened: it is gone.
  cluster_effects connection_lost(const std::string& host_id);

  /// persist_epoch has been done for this number.
  cluster_effects epoch_persisted(epoch number);

  /// The feeds are started when all slots are ready; those of a slot that was handed over, at once.
  cluster_effects slot_ready(const slot_claim& claim);

  /// The slot has passed on all that it had. When all have, all hosts are told to stop.
  cluster_effects slot_finished(const slot_claim& claim);

  /// The owner of a data slot says whether a replica holds every accepted tick. It may take over
  /// once a view has shown it in sync. A word on a replica of an older view may mean a process that
  /// is gone, and changes nothing.
  cluster_effects replica_state(const slot_claim& claim, const replica_assignment& said);

  /// The slot can't go on at its host, which is well: it goes to a successor, or all stops.
  cluster_effects slot_failed(const slot_claim& claim, const std::string& reason);

  /// The host can't keep the replica, which it has since that view: another host is to. Where one
  /// that begins again may do better, it may be the same one, but not more often than a slot may be
  /// handed over.
  cluster_effects replica_failed(const slot_claim& replica, const std::string& reason,
                                 bool begins_again = false);

  /// An operator's wish: the slot goes to its successor, be it that it waits for one since its host
  /// failed, or that its host is well and a replica is in sync. One effect answers.
  cluster_effects failover_requested(slot_name slot);

  /// An operator's or a program's wish: orderly, or at once where something `failed`.
  cluster_effects stop_requested(const std::string& reason, bool failed);

  /// The host itself says that it can't go on.
  cluster_effects host_failed(const std::string& host_id, const std::string& reason);

  /// The host has done what stop_host asked for.
  cluster_effects host_stopped(const std::string& host_id);

  /// Tells the time, in ns since any fixed point; to be called every health_check_interval, and
  /// before what hosts say is handed over. A gap between two calls counts as silence only up to
  /// half of failover_timeout, so that hosts are not blamed when the coordinator itself was held
  /// up. Where it was for so long that they took it for lost, the loss of one is told as that. A
  /// clock that goes back stands still.
  cluster_effects advance(nanoseconds now);

  cluster_phase phase() const { return phase_; }
  /// The view that was published, if any.
  const std::optional<cluster_view>& view() const { return view_; }
  /// Why the cluster stops or stopped; empty before.
  const std::string& reason() const { return reason_; }
  /// Where a host that joined listens.
  std::optional<endpoint> address_of(const std::string& host_id) const;
  /// Of the process that has joined under that id.
  std::optional<std::uint64_t> incarnation_of(const std::string& host_id) const;
  /// A row for each host, by id, failed ones included.
  std::vector<registry_row> registry() const;
  /// The slots that wait for an operator, and why.
  std::map<slot_name, std::string> waiting_slots() const;

private:
  struct host_entry {
    host_join request;
    epoch joined_after{};    ///< number of the view that was out when it joined
    std::set<role> seats;    ///< roles that it plays, where it has a slot, and `control`
    bool is_standby = false; ///< it got no slot when the cluster was formed
    nanoseconds silence{};
    std::optional<nanoseconds> probe_silence; ///< since the first probe that it has not answered
    std::optional<nanoseconds> last_heartbeat;
    std::optional<host_measurement> measurement;
    bool failed = false;       ///< given up
    std::string failure;       ///< why
    bool disconnected = false; ///< nothing reaches it any more
    bool stopped = false;
    bool is_alive() const { return !failed && !stopped; }
  };
  struct replica_entry {
    bool in_sync = false;       ///< as the owner says
    bool may_take_over = false; ///< in sync by the view that is out
    epoch since{};              ///< 0: the next view makes it one
  };
  struct slot_entry {
    std::string host_id;
    epoch since{}; ///< 0: the next view gives it to the host
    bool ready = false;
    bool finished = false;
    std::map<std::string, replica_entry> replicas; ///< by host
    std::map<std::string, std::string> unfit;  ///< hosts where it, or its replica, failed, and why
    std::map<std::string, std::string> faults; ///< hosts where its replica began again, and why
    std::vector<nanoseconds> handed_over;      ///< when, as far as that counts, see may_repeat
    std::vector<nanoseconds> begun_again;      ///< its replicas, as far as that counts
    std::string waits; ///< why it waits for an operator, its host being gone; empty: it does not
  };

  // cluster_join.cpp
  std::uint16_t slots_wanted(role r) const;
  std::vector<std::string> seated(role r) const;
  std::vector<std::string> players(role r) const;
  bool takes_standbys() const;
  bool is_standby(const host_join& request) const;
  std::set<role> free_seats(const host_join& request) const;
  std::optional<std::string> reason_to_refuse(const host_join& request,
                                              const std::set<role>& seats) const;
  std::optional<std::string> mismatch(const host_join& request) const;
  std::optional<std::string> source_mismatch(const host_join& request) const;
  std::string describe_missing_hosts() const;
  void form_when_complete(cluster_effects& out);
  std::vector<std::string> dealt_hosts(role r) const;

  // cluster_failover.cpp
  slot_entry* find_claimed(const slot_claim& claim);
  bool can_hand_over() const;
  std::optional<std::string> successor_of(slot_name slot, const slot_entry& entry) const;
  std::optional<std::string> replica_host_of(const slot_entry& entry) const;
  std::optional<std::string> adopter_of(slot_name slot, const slot_entry& entry) const;
  bool may_repeat(const std::vector<nanoseconds>& before) const;
  void note_repeated(std::vector<nanoseconds>& before) const;
  bool may_move_quickly(slot_name slot, const slot_entry& entry) const;
  void move_from_silent_hosts(cluster_effects& out);
  std::string reason_to_wait(const slot_entry& entry) const;
  std::optional<std::string> reason_to_stay(slot_name slot, const slot_entry& entry) const;
  std::optional<std::string> reason_to_stop_without(const std::string& host_id) const;
  std::optional<std::string> own_fault() const;
  std::optional<std::string> lacks_successor(slot_name slot, const slot_entry& entry) const;
  void move_slot(slot_name slot, slot_entry& entry, cluster_effects& out);
  void give_to_successor(slot_name slot, slot_entry& entry);
  void renew_deadline();
  void give_up(const std::string& host_id, const std::string& why, bool disconnected,
               cluster_effects& out);
  void hand_over(const std::string& host_id, cluster_effects& out);
  bool fill_replicas();
  std::vector<std::string> idle_standbys() const;
  void change_view(cluster_effects& out);
  std::vector<std::string> data_owners() const;

  // cluster_reach.cpp
  void tell_again(const std::string& host_id, cluster_effects& out) const;
  void tell_view_again(const std::string& host_id, cluster_effects& out) const;

  // registry.cpp
  host_status status_of(const std::string& host_id, const host_entry& host) const;
  std::vector<slot_name> slots_of(const std::string& host_id) const;

  std::string describe_slots(bool slot_entry::*done) const;
  host_entry* find_alive(const std::string& host_id);
  const host_entry* find_alive(const std::string& host_id) const;
  void begin_draining(const std::string& reason);
  void fail_cluster(const std::string& reason, cluster_effects& out);
  void stop_hosts(cluster_effects& out);
  void finish_when_stopped(cluster_effects& out);
  void check_deadline(cluster_effects& out);

  cluster_state_options options_;
  cluster_phase phase_ = cluster_phase::forming;
  nanoseconds now_{};
  pause_detector pauses_;
  nanoseconds deadline_{}; ///< of the phase; none in RUNNING
  std::map<std::string, host_entry> hosts_;
  std::map<slot_name, slot_entry> slots_;
  std::map<std::string, std::string> refused_; ///< why hosts were last refused, bounded
  std::optional<cluster_epoch> pending_;       ///< persist_epoch awaits its answer
  nanoseconds pending_deadline_{};
  std::optional<cluster_view> view_;
  bool failed_ = false;
  std::string reason_;
};

} // namespace tickmesh
