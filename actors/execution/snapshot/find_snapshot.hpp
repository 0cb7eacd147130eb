// Which snapshot of a journal a passage or a question begins with. Used by whoever begins on a
// journal, live or afterwards.
#pragma once

#include "actors/execution/snapshot/slot_snapshot.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct found_snapshot {
  std::optional<slot_snapshot> snapshot{};  ///< nothing: begin at the journal's first event
  std::unique_ptr<trading_state> trading{}; ///< of the snapshot
  std::vector<std::string> passed_over{};   ///< a sentence each
};

/// The newest snapshot that is sound and of this journal, for going on behind it; nothing where
/// none is, and the journal is there from its first event. One without rows is taken only where
/// none are wanted, or nothing else is left. Fails, naming the file that can't be used, where
/// nothing is left. Takes no lock.
result<found_snapshot> find_newest_snapshot(const std::filesystem::path& directory, bool makes_rows,
                                            file_system& files = posix_file_system());

/// For questions about the past: nothing where the journal is there from its first event, else the
/// oldest snapshot that is sound. Nothing is known before its event. Fails as the other one.
result<found_snapshot> find_oldest_snapshot(const std::filesystem::path& directory,
                                            file_system& files = posix_file_system());

} // namespace tickmesh
