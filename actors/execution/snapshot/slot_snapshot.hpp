// The state of an execution slot behind an event of its journal, as bytes: what a passage through
// the journal up to there leaves, so that the next one begins there. Made by a passage, never by a
// slot that trades (docs/decisions/0033).
//
//   magic "TMSNAP01", layout u32, 0 u32, bytes of the body u64, xxh3 u64 of all before it and the
//   body, little-endian; the body is a state_archive: head, configuration (journal.proto), and as
//   parts the trading state, its rows, the sequencer with the venues inside, and the guard.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "actors/execution/replay/journal_passage.hpp"
#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// What is known of a snapshot before its parts are read.
struct snapshot_head {
  std::uint64_t event = 0;  ///< the last one that it holds
  timestamp time{};         ///< of that event
  std::uint64_t record = 0; ///< fingerprint_of the record that ends with it
  std::string build{};      ///< the program that made it
  bool has_rows = false;    ///< see trading_state::persist_rows
  std::optional<std::string> held_back{};
};

/// The bytes of the state in which a passage is. `record` is journal_passage::last_record().
/// Changes nothing that anybody could see, but how the parts keep what they hold.
std::string make_snapshot(const slot_parts& parts, std::uint64_t record, std::string_view build,
                          bool has_rows);

class slot_snapshot {
public:
  slot_snapshot(const slot_snapshot&) = delete; // its parts point into its bytes
  slot_snapshot& operator=(const slot_snapshot&) = delete;
  slot_snapshot(slot_snapshot&&) = default;
  slot_snapshot& operator=(slot_snapshot&&) = default;

  /// Checks layout, length and checksum, and reads head and configuration.
  static result<slot_snapshot> parse(std::string bytes);
  static result<slot_snapshot> read(file_system& files, const std::filesystem::path& file);

  const snapshot_head& head() const { return head_; }
  const slot_configuration& configuration() const { return configuration_; }
  std::size_t bytes() const { return bytes_.size(); }

  /// With rows where they are wanted and here.
  result<std::unique_ptr<trading_state>> make_trading(bool makes_rows) const;
  /// Whether restore() would succeed, by a sequencer of its own.
  result<void> check_restorable() const;
  /// Puts both where the snapshot stands. The sequencer has its links and has taken nothing; it
  /// takes the configuration over. Where this fails, neither is of use any more.
  result<void> restore(event_sequencer& sequencer, send_guard& guard) const;

private:
  slot_snapshot() = default;

  std::string bytes_;
  std::uint32_t layout_ = 0;
  snapshot_head head_;
  slot_configuration configuration_;
  std::string_view trading_, rows_, sequencer_, guard_; // into bytes_
};

} // namespace tickmesh
