#include "runtime/log/directories.hpp"

#include "runtime/log/log_file.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>
#include <vector>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

/// Where a directory waits for its removal: no slot has that name.
fs::path dropped_path(const fs::path& directory) {
  return directory.parent_path() / ("dropped-" + directory.filename().string());
}

} // namespace

bool exists(file_system& files, const fs::path& path) {
  int fd = files.open(path, O_PATH); // neither waits nor needs a permission
  if (fd < 0) return errno != ENOENT && errno != ENOTDIR;
  files.close(fd);
  return true;
}

result<void> make_directories(file_system& files, const fs::path& directory) {
  fs::path made;
  for (auto& part : directory) {
    made /= part;
    if (made == made.root_path() || part.empty()) continue;
    bool is_new = files.mkdir(made) == 0;
    if (!is_new && errno != EEXIST) return file_fault(made, "the directory can't be made");
    // One that is there may be of a process that ended before it was on the disk. One above the
    // project's own directories need not be ours to read.
    auto parent = made.has_parent_path() ? made.parent_path() : fs::path{"."};
    if (auto synced = sync_directory(files, parent); !synced && is_new) return synced;
  }
  // What is there may be a file.
  if (!log_file::open(files, directory, O_RDONLY | O_DIRECTORY))
    return file_fault(directory, "the directory can't be made");
  return {};
}

result<void> remove_tree(file_system& files, const fs::path& path) {
  if (files.unlink(path) == 0 || errno == ENOENT) return {};
  if (errno != EISDIR) return file_fault(path, "the file can't be removed");
  std::vector<std::string> names;
  if (files.list(path, names) != 0) return file_fault(path, "the directory can't be read");
  for (auto& name : names)
    if (auto removed = remove_tree(files, path / name); !removed) return removed;
  if (files.rmdir(path) != 0) return file_fault(path, "the directory can't be removed");
  return {};
}

result<void> drop_directory(file_system& files, const fs::path& directory) {
  if (auto removed = remove_dropped(files, directory); !removed) return removed;
  if (files.rename(directory, dropped_path(directory)) != 0) {
    if (errno == ENOENT) return {};
    return file_fault(directory, "the directory can't be removed");
  }
  if (auto synced = sync_directory(files, directory.parent_path()); !synced) return synced;
  return remove_dropped(files, directory);
}

result<void> remove_dropped(file_system& files, const fs::path& directory) {
  return remove_tree(files, dropped_path(directory));
}

} // namespace tickmesh
