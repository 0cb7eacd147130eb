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
#include "actors/execution/gateways/broker_gateway_protocol.hpp"
#include "actors/execution/ledger/ledger_keeper_actor.hpp"
#include "actors/execution/risk/send_guard.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/slot/event_clock.hpp"
#include "actors/execution/slot/exec_protocol.hpp"
#include "actors/execution/slot/exec_report.hpp"
#include "actors/execution/slot/exec_start.hpp"
#include "actors/execution/slot/gateway_desk.hpp"
#include "actors/execution/slot/journal_appender.hpp"
#include "actors/execution/slot/journal_keeper_actor.hpp"
#include "actors/execution/slot/link_inputs.hpp"
#include "actors/execution/slot/operator_desk.hpp"
#include "actors/execution/slot/snapshot_keeper_actor.hpp"
#include "messages/caf_types.hpp"
#include "messages/instrument.hpp"
#include "runtime/cluster/cluster_settings.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link_inbox.hpp"
#include "runtime/telemetry/machine.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct exec_slot_options {
  slot_context context;
  std::shared_ptr<const instrument_table> instruments;
  execution_settings settings{};
  /// For an answer of the risk checker: one that takes longer hangs.
  std::chrono::milliseconds request_timeout{cluster_settings{}.request_timeout};
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
  exec_slot_options options;
  slot_report report;
  std::unique_ptr<event_sequencer> sequencer;
  send_guard guard;
  exec_start begun; ///< where this life of the slot has begun
  link_inboxes<caf::actor> inboxes;
  std::optional<link_inputs> inputs;
  std::optional<journal_appender> appender;
  operator_desk<caf::typed_response_promise<operator_bytes>> operators;
  gateway_desk<broker_gateway_actor> gateways;
  std::optional<event_clock> clock;
  caf::actor supervisor;
  caf::actor keeper; ///< of the journal
  caf::actor risk;
  caf::message batch_in_work;   ///< that the risk checker has not answered; empty: none
  bool awaiting_answer = false; ///< of the risk checker, or of the disk for what it answered
  bool finishing = false;       ///< the log has ended
  bool has_finished = false;    ///< as the risk checker has answered
  const char* name = "exec_slot";
};

using exec_slot_actor = caf::stateful_actor<exec_slot_state>;

caf::behavior exec_slot(exec_slot_actor* self, exec_slot_options options);

} // namespace tickmesh
