// How an execution slot begins on its journal: goes through it, and puts behind it what is
// configured now, where that is something else. Plain class behind exec_slot.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/replay/journal_passage.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct journal_start_options {
  std::filesystem::path directory;
  std::uint64_t last_event = 0;    ///< of the journal; 0: it is empty
  const slot_configuration& given; ///< with the ids of settings and cluster view
  const instrument_table& instruments;
  bool makes_rows = true;
  /// A snapshot is made where so many events, or more, came since the last one; 0: none is made.
  std::uint64_t snapshot_events = 0;
  file_system& files = posix_file_system(); ///< that journal and snapshots are in
};

/// Where a passage through a journal begins.
struct passage_start {
  std::shared_ptr<trading_state> trading;
  std::optional<std::string> held_back{}; ///< see slot_parts
  std::uint64_t snapshot = 0;             ///< event behind which it begins; 0: with the first
  bool says_its_settings = true;          ///< see journal_start
  std::vector<std::string> warnings{};    ///< of snapshots that were passed over
};

struct journal_start {
  std::shared_ptr<trading_state> trading;
  std::shared_ptr<const slot_configuration> configuration; ///< that holds from now on
  std::optional<std::string> held_back{};                  ///< see slot_parts
  /// What differs from what held until now, where something does: it is posted to the sequencer.
  /// An empty journal has no news.
  std::optional<std::vector<std::string>> news{};
  bool are_limits_replaced = false; ///< an operator's, by those of a configuration that has changed
  bool says_its_settings = true;    ///< false: the journal was begun by a program that did not
  std::uint64_t snapshot = 0;       ///< event behind which it was gone through; 0: all of it was
  bool has_made_snapshot = false;   ///< behind the journal's last event
  std::vector<std::string> warnings{}; ///< of snapshots: what could not be read, or written
};

/// Puts sequencer and guard where the newest snapshot of a journal stands, or before its first
/// event. Preconditions as begin_on_journal; the journal is not empty. Fails as
/// find_newest_snapshot.
result<passage_start> begin_passage(const journal_start_options& options,
                                    event_sequencer& sequencer, send_guard& guard);

/// Leaves sequencer and guard where the journal ends. The sequencer has its links, and has taken
/// nothing. Fails as begin_passage, journal_passage and follow_configuration.
result<journal_start> begin_on_journal(const journal_start_options& options,
                                       event_sequencer& sequencer, send_guard& guard);

} // namespace tickmesh
