// The small file beside the records that says what must be there: without it, a missing newest or
// oldest file could not be told from one that never was. Used by journal and verify_journal.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace tickmesh {

inline constexpr std::string_view journal_state_name = "state";

struct journal_state {
  std::uint64_t released = 0; ///< events up to this one may be gone
  std::uint64_t synced = 0;   ///< events up to this one were synced, and perhaps later ones
};

/// Zeros where there is no such file. Fails on one that is damaged.
result<journal_state> read_journal_state(file_system& files,
                                         const std::filesystem::path& directory);

/// Returns when the file would survive the loss of power.
result<void> write_journal_state(file_system& files, const std::filesystem::path& directory,
                                 const journal_state& state);

/// First events of the files of records in a directory, in order.
result<std::vector<std::uint64_t>> list_journal_files(file_system& files,
                                                      const std::filesystem::path& directory);

} // namespace tickmesh
