// An execution slot: the sequencer. It merges the links of all data and calculation slots into one
// numbered event log, with the built-in venue inside the merge, and hands the log to the risk
// checker.
//
//   links -> exec_slot -> risk_checker -> exec_slot (journal, then venues and timers)
//   exec_slot <-> gateways of brokers outside
//
// The log is the journal: what a batch led to leaves for a broker when the batch, its verdicts and
// its intents are durable. A slot that starts goes on where its journal ends.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/events/mark_decoder.hpp"
#include "actors/execution/gateways/broker_gateway_protocol.hpp"
#include "actors/execution/ledger/ledger_keeper_actor.hpp"
#include "actors/execution/risk/send_guard.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/slot/commit_gate.hpp"
#include "actors/execution/slot/exec_protocol.hpp"
#include "actors/execution/slot/journal_ids.hpp"
#include "actors/execution/slot/journal_keeper_actor.hpp"
#include "actors/execution/slot/snapshot_keeper_actor.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link_inbox.hpp"
#include "runtime/telemetry/machine.hpp"

#include <caf/all.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct exec_slot_options {
  slot_context context;
  std::shared_ptr<const instrument_table> instruments;
  execution_settings settings{};
  std::vector<std::string> strategies;
  std::uint64_t configuration_hash = 0;
  std::string build = build_id();   ///< decides
  bool source_is_repeatable = true; ///< see slot_journal_options
  bool write_rows = true;
  journal_keeper_starter start_keeper = start_detached_journal_keeper;
  ledger_keeper_starter start_ledger{}; ///< without it, no ledger is kept
  slot_snapshot_starter start_snapshots = start_detached_snapshot_keeper;
  venue_maker start_venue = make_venue;
  gateway_starter start_gateway{};                   ///< called for brokers outside only
  std::function<void(const sequenced_event&)> probe; ///< tests: see risk_checker_options
};

struct exec_slot_state {
  /// A frame whose items have not all been merged.
  struct open_frame {
    std::uint64_t number = 0;
    std::uint32_t items = 0;
    std::optional<timestamp> last_item{}; ///< its latest effective time
    std::uint64_t signals = 0;
    std::int64_t received_ns = 0; ///< control-clock
    timestamp promise{};          ///< the sender's time mark
    bool final = false;
  };
  struct upstream {
    event_merge::link_index input = 0;
    std::deque<open_frame> open_frames{};
  };

  /// What waits for the journal.
  struct held_answer {
    std::vector<venue_command> commands;
    std::vector<order_trigger> triggers;
    std::vector<operator_outcome> outcomes;
    trading_status trading;
  };
  /// A command of an operator that has not been answered. Without a promise, nobody waits for it.
  struct asked_command {
    operator_command command;
    std::optional<caf::typed_response_promise<operator_bytes>> promise;
  };

  struct outside_broker {
    broker_settings settings;
    gateway_venue* venue = nullptr; ///< the sequencer's
    caf::actor handle;              ///< of its gateway
  };

  exec_slot_options options;
  std::map<broker_id, outside_broker> gateways;
  std::unique_ptr<event_sequencer> sequencer;
  std::shared_ptr<journal> log;
  bool journal_may_lack_end = false;
  bool has_noted_boot = false;
  std::uint64_t run_identity = 0;                          ///< of the journal
  std::shared_ptr<const slot_configuration> configuration; ///< that holds in this life
  journal_ids ids;                                         ///< of what links bring
  bool began_empty = false;                                ///< the journal, in this life
  std::uint64_t snapshot_event = 0;                        ///< of the newest snapshot at the start
  caf::actor keeper;
  sync_notice<std::uint64_t> notice;
  commit_gate<held_answer> gate;
  std::deque<asked_command> asked; ///< in the order of the log
  /// What the first of them are answered when the keeper has kept the trading state, by batch.
  std::deque<std::vector<operator_outcome>> unkept;
  send_guard guard;
  link_inboxes<caf::actor> inboxes;
  std::map<slot_name, upstream> sources;
  tick_frame_view frame; ///< its memory is used again
  mark_decoder decoder;
  caf::actor supervisor;
  caf::actor risk;
  bool awaiting_answer = false; ///< of the risk checker, or of the disk for what it answered
  bool finishing = false;
  timestamp clock_base = timestamp::min(); ///< time of the last event that raised it
  caf::actor_clock::time_point clock_seen; ///< when it was numbered
  slot_report report;
  const char* name = "exec_slot";
};

caf::behavior exec_slot(caf::stateful_actor<exec_slot_state>* self, exec_slot_options options);

/// Names of the counts and delays in an execution slot's report.
inline constexpr const char* marks_in_count = "marks_in";
inline constexpr const char* signals_in_count = "signals_in";
inline constexpr const char* orders_sent_count = "orders_sent";
inline constexpr const char* fills_count = "fills";
inline constexpr const char* calc_to_exec_delay = "calc_to_exec";
/// A frame's signals, from its arrival until the last of them has left the merge.
inline constexpr const char* merge_wait_delay = "merge_wait";
/// From the feed's release of the signal's tick until the order goes to the broker.
inline constexpr const char* tick_to_order_delay = "tick_to_order";
/// From the signal's sending until the order goes to the broker.
inline constexpr const char* signal_to_order_delay = "signal_to_order";

} // namespace tickmesh
