// Goes through a journal, to be where the life that wrote it was. Used by a slot that starts and by
// snapshot_maker: what a snapshot holds is what a passage leaves.
#pragma once

#include "actors/execution/journal/journal_walk.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/sequencer/event_sequencer.hpp"
#include "runtime/telemetry/machine.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

/// What a passage leaves of a slot. All of it stands behind the same event.
struct slot_parts {
  trading_state& trading;
  event_sequencer& sequencer; ///< has a link, and has taken nothing but replays
  send_guard& guard;
  /// What was held back at the last look, where no halt followed any more.
  std::optional<std::string>& held_back;
};

/// What names a record among those that another journal might have in its place.
std::uint64_t fingerprint_of(const journal_record& record);

class journal_passage {
public:
  /// Goes on behind the last event of the parts. `build` is this program.
  journal_passage(const std::filesystem::path& directory, const slot_parts& parts,
                  std::string_view build, file_system& files = posix_file_system());

  /// Goes through whole records, as far as none goes beyond `through` and while `goes_on`, where it
  /// is given, says so. Fails where the journal is damaged or no longer has the events, and as
  /// apply_record.
  result<void> advance(std::uint64_t through = UINT64_MAX,
                       const std::function<bool()>& goes_on = nullptr);

  /// Of the last record that was gone through; 0: none.
  std::uint64_t last_record() const { return last_record_; }

private:
  result<void> apply(const logged_events& logged);

  slot_parts parts_;
  std::string build_;
  journal_walk walk_;
  batch_decisions decisions_;
  std::uint64_t last_record_ = 0;
};

/// Goes through a journal from its first event, and leaves all three where the life that wrote it
/// was. Returns slot_parts::held_back. Fails as journal_passage.
result<std::optional<std::string>> recover_from_journal(const std::filesystem::path& directory,
                                                        trading_state& trading,
                                                        event_sequencer& sequencer,
                                                        send_guard& guard,
                                                        std::string_view build = build_id());

} // namespace tickmesh
