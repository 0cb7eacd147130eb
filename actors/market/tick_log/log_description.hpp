// Whose ticks a slot's tick log holds: a small file beside the log. Written by whoever begins a
// log, read by replays, exports and the tick verbs.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "messages/result.hpp"
#include "runtime/log/file_system.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace tickmesh {

/// Kept beside the log as `description.json`.
struct log_description {
  std::vector<std::string> symbols;    ///< by id
  std::vector<std::string> sources;    ///< by id
  bool repeatable = true;              ///< the source can be read again
  epoch data_epoch = first_data_epoch; ///< of the numbers of a live source's ticks
  friend bool operator==(const log_description&, const log_description&) = default;
};

log_description describe(const feed_source& source);

/// Writes `description.json` in one step, and returns when it would survive the loss of power.
/// Fails with the path and why.
result<void> write_log_description(const std::filesystem::path& directory,
                                   const log_description& description,
                                   file_system& files = posix_file_system());

/// Reads `description.json` of a log's directory. Fails, naming the file, where it is not there or
/// is no description.
result<log_description> read_log_description(const std::filesystem::path& directory,
                                             file_system& files = posix_file_system());

/// True for a directory with a `description.json`.
bool is_slot_log(const std::filesystem::path& directory, file_system& files = posix_file_system());

/// The logs at a path, sorted: the directory of a slot's log itself, one that holds `data-N`
/// directories, or a state directory (HOST/ticks/data-N). Fails, naming the path, when there is
/// none.
result<std::vector<std::filesystem::path>> find_slot_logs(const std::filesystem::path& path);

} // namespace tickmesh
