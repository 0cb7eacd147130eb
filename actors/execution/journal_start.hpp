// How an execution slot begins on its journal: goes through it, and puts behind it what is
// configured now, where that is something else. Plain class behind exec_slot.
#pragma once

#include "actors/execution/event_application.hpp"
#include "actors/execution/slot_configuration.hpp"

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
};

struct journal_start {
  std::shared_ptr<trading_state> trading;
  std::shared_ptr<const slot_configuration> configuration; ///< that holds from now on
  std::optional<std::string> held_back{};                  ///< see recover_from_journal
  /// What differs from what held until now, where something does: it is posted to the sequencer.
  /// An empty journal has no news.
  std::optional<std::vector<std::string>> news{};
  bool are_limits_replaced = false; ///< an operator's, by those of a configuration that has changed
  bool says_its_settings = true;    ///< false: the journal was begun by a program that did not
};

/// Leaves sequencer and guard where the journal ends. The sequencer has its links, and has taken
/// nothing. Fails as recover_from_journal and follow_configuration.
result<journal_start> begin_on_journal(const journal_start_options& options,
                                       event_sequencer& sequencer, send_guard& guard);

} // namespace tickmesh
