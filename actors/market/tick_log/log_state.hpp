// The two small files that say what a tick log should consist of: `state` of the whole log, and
// `sealed` of each day. Text lines under a checksum, replaced as a whole.
#pragma once

#include "actors/market/tick_log/tick_log.hpp"

#include <filesystem>
#include <optional>
#include <vector>

namespace tickmesh {

/// What may be missing from the write-ahead files, and what is being cut.
struct log_state {
  record_number floor{};                  ///< records up to this one may have no write-ahead file
  epoch floor_writer{};                   ///< the epoch of that record
  std::optional<record_number> cut_after; ///< a truncation that was begun
};

/// A write-ahead file whose ticks are in finished .blocks files.
struct sealed_segment {
  record_number first{};
  record_number last{};
  std::uint64_t ticks = 0;
  std::uint64_t rejected = 0;
  std::uint64_t tick_bytes = 0;     ///< size of the ticks file
  std::uint64_t rejected_bytes = 0; ///< size of the file of rejected ticks; 0: there is none
};

/// The state of a log without the file is the empty one.
result<log_state> read_log_state(file_system& files, const std::filesystem::path& root);
result<void> write_log_state(file_system& files, const std::filesystem::path& root,
                             const log_state& state);

/// Sorted by first record; empty for a day without the file.
result<std::vector<sealed_segment>> read_sealed(file_system& files,
                                                const std::filesystem::path& day);
result<void> write_sealed(file_system& files, const std::filesystem::path& day,
                          const std::vector<sealed_segment>& segments);

inline constexpr std::string_view state_name = "state";
inline constexpr std::string_view sealed_name = "sealed";

} // namespace tickmesh
