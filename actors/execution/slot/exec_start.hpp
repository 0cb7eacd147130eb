// How an execution slot begins: opens its journal, goes on where that ends, and says what is to be
// put into the log before all else. Plain class behind exec_slot; the passage through the journal
// is journal_start's.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/events/operator_command.hpp"
#include "actors/execution/journal/journal.hpp"
#include "actors/execution/recovery/snapshot_maker.hpp"
#include "actors/execution/risk/send_guard.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/slot/journal_ids.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct exec_start_options {
  slot_name slot{};
  std::filesystem::path host_directory; ///< STATE_DIR/HOST, with the journal in `journal/exec-N`
  execution_settings settings{};
  std::vector<std::string> symbols; ///< of the view
  std::shared_ptr<const instrument_table> instruments;
  std::vector<std::string> strategies;
  std::uint64_t configuration_hash = 0;
  std::string build;                ///< decides
  bool source_is_repeatable = true; ///< see slot_journal_options
  bool write_rows = true;
  venue_maker start_venue = make_venue;
  file_system* files = &posix_file_system(); ///< where the host keeps its state
};

/// Where the slot stands.
struct exec_start {
  std::shared_ptr<journal> log;
  std::uint64_t run_identity = 0;                          ///< of the journal
  bool may_lack_end = false;                               ///< what it had not synced may be gone
  bool began_empty = false;                                ///< in this life
  std::uint64_t snapshot_event = 0;                        ///< of the newest snapshot
  std::shared_ptr<const slot_configuration> configuration; ///< that holds in this life
  journal_ids ids;                                         ///< of what links bring
  std::shared_ptr<trading_state> trading;
  std::filesystem::path halt_file; ///< says, beside the journal, whether a log begins halted
  /// Halts that are to hold from the first event on: nobody waits for them.
  std::vector<operator_command> halts;
  snapshot_maker_options rebuild; ///< how the trading state is made up from the journal again
  /// How snapshots are made while the slot runs. With a source that can begin anew, none is worth
  /// its file.
  std::optional<snapshot_maker_options> snapshots;
};

/// How long a journal's files are kept behind a snapshot.
nanoseconds journal_retention(const journal_settings& settings);

/// The command by which a part of the program halts, which is logged in the name of `slot`.
operator_command make_halt(slot_name slot, std::string who, std::string reason);

/// Leaves sequencer and guard where the journal ends, with what is configured now behind it where
/// that differs from what held. The sequencer has its links, and has taken nothing. Fails where the
/// journal, its snapshots or the halt file can't be read.
result<exec_start> start_on_journal(const exec_start_options& options, event_sequencer& sequencer,
                                    send_guard& guard);

/// Says why what links bring can't be of the journal's history.
std::string describe_contradiction(const exec_start& start, const mark_contradiction& other);

/// Says why a sender that has `records` of earlier runs must not be heard: the journal, which is
/// empty, would trade their signals again.
std::string describe_lost_journal(const exec_start& start, slot_name sender, std::uint64_t records);

} // namespace tickmesh
