// Directories of durable files: made, looked for and taken away as a whole. Faults name the path.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/file_system.hpp"

#include <filesystem>

namespace tickmesh {

/// Whether there is a file or a directory of that name.
bool exists(file_system& files, const std::filesystem::path& path);

/// Makes a directory and those above it where they are missing. All of them survive the loss of
/// power, whoever made them. `errno` says why where it fails.
result<void> make_directories(file_system& files, const std::filesystem::path& directory);

/// Removes a file, or a directory and all that is in it, name by name. That there is none is no
/// fault.
result<void> remove_tree(file_system& files, const std::filesystem::path& path);

/// Removes a directory and all that is in it at once: whenever the process or the power ends, all
/// of it is there, or nothing under its name. What is left then goes by `remove_dropped`.
result<void> drop_directory(file_system& files, const std::filesystem::path& directory);

/// Finishes a drop_directory that was cut off.
result<void> remove_dropped(file_system& files, const std::filesystem::path& directory);

} // namespace tickmesh
