// The files of snapshots in the directory of a journal: names, and how one is put there and goes.
//
//   DIRECTORY/snapshot-000000001234   the state behind event 1234; slot_snapshot.hpp
#pragma once

#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

std::string snapshot_file_name(std::uint64_t event);
/// The event of a file by its name; nothing for another name.
std::optional<std::uint64_t> parse_snapshot_file_name(std::string_view name);

/// Events of the files of snapshots in a directory, in order.
result<std::vector<std::uint64_t>> list_snapshots(file_system& files,
                                                  const std::filesystem::path& directory);

/// Puts a snapshot there, whole or not at all; returns when it would survive the loss of power.
result<void> write_snapshot(file_system& files, const std::filesystem::path& directory,
                            std::uint64_t event, std::string_view bytes);

result<void> remove_snapshot(file_system& files, const std::filesystem::path& directory,
                             std::uint64_t event);

/// Removes what was not written to its end. For the owner of the journal, while none is written.
result<void> remove_unfinished_snapshots(file_system& files,
                                         const std::filesystem::path& directory);

} // namespace tickmesh
