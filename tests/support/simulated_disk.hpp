// A host's disk in memory, for simulations that kill processes and machines: what was written is in
// the page cache at once, and survives the loss of power only once it is synced.
//
//   simulated_disk disk;                       // of one host, outlives its processes
//   disk_session session{disk};                // what one life of its process sees
//   session.on_call = ...;                     // may end it before any call that changes something
//   session.end();                             // kill -9: the page cache stays
//   disk.lose_power(random);                   // what was not synced may be gone
//
// For one thread.
#pragma once

#include "runtime/log/file_system.hpp"
#include "tests/support/disk_node.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tickmesh {

/// The calls that change something. `open` only to make or to empty a file.
enum class disk_call : std::uint8_t {
  open,
  pwrite,
  ftruncate,
  fdatasync,
  fsync,
  rename,
  unlink,
  mkdir,
  rmdir,
};

class disk_session;

class simulated_disk {
public:
  simulated_disk() = default;
  simulated_disk(const simulated_disk&) = delete;
  simulated_disk& operator=(const simulated_disk&) = delete;

  /// The machine is off, and starts anew: its sessions end. Of each file's content that was not
  /// synced all, nothing or a torn part is left, and of each name's changes all or nothing. Not to
  /// be called by a hook.
  void lose_power(std::mt19937_64& random);

  /// Writes beyond it fail.
  void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }

  /// Bytes of all files, of unlinked ones as long as they are open.
  std::uint64_t used() const { return used_; }

private:
  friend class disk_session;

  static std::uint64_t bytes_below(const disk_node& node) {
    std::uint64_t out = node.bytes().size();
    for (auto& [name, below] : node.names())
      out += bytes_below(*below);
    return out;
  }

  /// An unlinked file that nobody has open takes no space.
  void release(const disk_node& node) {
    if (!node.is_named && node.opens == 0) used_ -= node.bytes().size();
  }

  disk_node::pointer root_ = std::make_shared<disk_node>(true);
  std::vector<disk_session*> sessions_;
  std::uint64_t capacity_ = UINT64_MAX;
  std::uint64_t used_ = 0;
  int next_descriptor_ = 1000;
};

/// What one life of the host's process sees of the disk. Relative paths are below the root. A name
/// moves within its directory only.
class disk_session final : public file_system {
public:
  using path = std::filesystem::path;

  /// `seed` draws what is left of a write that the process does not survive.
  explicit disk_session(simulated_disk& disk, std::uint64_t seed = 0) : disk_(disk), random_(seed) {
    disk_.sessions_.push_back(this);
  }
  disk_session(const disk_session&) = delete;
  disk_session& operator=(const disk_session&) = delete;
  ~disk_session() override {
    end();
    std::erase(disk_.sessions_, this);
  }

  /// Called before each call that changes something, which it may delay; where it ends the session,
  /// the call has no effect, but that of a write a part may be in the page cache.
  std::function<void(disk_call what, const path& file)> on_call;

  /// How many calls that change something there were, the one that the hook is told of included.
  std::uint64_t calls() const { return calls_; }

  bool has_ended() const { return has_ended_; }

  /// The process is gone, and its locks with it: each further call fails with EIO.
  void end() {
    if (std::exchange(has_ended_, true)) return;
    for (auto& [fd, file] : open_) // which the call at hand may still look at
      let_go(fd, file);
  }

  int open(const path& file, int flags) override {
    bool makes = (flags & O_CREAT) != 0, empties = (flags & O_TRUNC) != 0;
    if (makes || empties ? !enter(disk_call::open, file) : has_ended_) return refuse(EIO);
    auto [directory, name] = place_of(file);
    if (!directory) return -1;
    auto node = name.empty() ? directory : directory->find(name);
    if (!node && !makes) return refuse(ENOENT);
    if (node && makes && (flags & O_EXCL) != 0) return refuse(EEXIST);
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (node && node->is_directory && (writes || makes)) return refuse(EISDIR);
    if (node && !node->is_directory && (flags & O_DIRECTORY) != 0) return refuse(ENOTDIR);
    if (!node) {
      node = std::make_shared<disk_node>(false);
      directory->set_name(std::string{name}, node);
    } else if (empties) {
      resize(*node, 0);
    }
    ++node->opens;
    auto fd = disk_.next_descriptor_++;
    open_.emplace(fd, opened{std::move(node), file, writes, (flags & O_ACCMODE) != O_WRONLY});
    return fd;
  }

  int close(int fd) override {
    if (has_ended_) return refuse(EIO);
    auto found = open_.find(fd);
    if (found == open_.end()) return refuse(EBADF);
    let_go(fd, found->second);
    open_.erase(found);
    return 0;
  }

  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    auto* file = find(fd);
    if (file == nullptr) return -1;
    if (!file->reads) return refuse(EBADF);
    if (file->node->is_directory) return refuse(EISDIR);
    auto all = file->node->bytes();
    if (offset >= all.size()) return 0;
    bytes = std::min<std::size_t>(bytes, all.size() - offset);
    std::memcpy(to, all.data() + offset, bytes);
    return static_cast<ssize_t>(bytes);
  }

  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    auto* file = find(fd);
    if (file == nullptr) return -1;
    if (!file->writes) return refuse(EBADF);
    bool survives = enter(disk_call::pwrite, file->file);
    if (!survives) bytes = random_() % (bytes + 1);
    auto done = write(*file->node, {from, bytes}, offset);
    return survives ? done : refuse(EIO);
  }

  int ftruncate(int fd, std::uint64_t bytes) override {
    auto* node = enter(disk_call::ftruncate, fd);
    if (node == nullptr) return -1;
    return resize(*node, bytes), 0;
  }

  int fdatasync(int fd) override {
    auto* node = enter(disk_call::fdatasync, fd);
    if (node == nullptr) return -1;
    return node->sync(), 0;
  }

  int fsync(int fd) override {
    auto* node = enter(disk_call::fsync, fd);
    if (node == nullptr) return -1;
    return node->sync(), 0;
  }

  int lock(int fd) override {
    auto* file = find(fd);
    if (file == nullptr) return -1;
    auto& holder = file->node->locked_by;
    if (holder != 0 && holder != fd) return refuse(EWOULDBLOCK);
    holder = fd;
    return 0;
  }

  std::int64_t size(int fd) override {
    auto* file = find(fd);
    return file == nullptr ? -1 : static_cast<std::int64_t>(file->node->bytes().size());
  }

  int rename(const path& from, const path& to) override {
    if (!enter(disk_call::rename, from)) return refuse(EIO);
    auto [directory, name] = place_of(from);
    if (!directory) return -1;
    auto [target, new_name] = place_of(to);
    if (!target) return -1;
    auto node = directory->find(name);
    if (!node) return refuse(ENOENT);
    if (directory != target) return refuse(EXDEV);
    auto replaced = target->find(new_name);
    if (replaced == node) return 0;
    if (replaced && replaced->is_directory != node->is_directory)
      return refuse(node->is_directory ? ENOTDIR : EISDIR);
    if (replaced && !replaced->names().empty()) return refuse(ENOTEMPTY);
    directory->rename(name, std::string{new_name});
    if (replaced) unname(*replaced);
    return 0;
  }

  int unlink(const path& file) override {
    if (!enter(disk_call::unlink, file)) return refuse(EIO);
    auto [directory, name] = place_of(file);
    if (!directory) return -1;
    auto node = name.empty() ? directory : directory->find(name);
    if (!node) return refuse(ENOENT);
    if (node->is_directory) return refuse(EISDIR);
    directory->remove_name(name);
    return unname(*node), 0;
  }

  int mkdir(const path& made) override {
    if (!enter(disk_call::mkdir, made)) return refuse(EIO);
    auto [directory, name] = place_of(made);
    if (!directory) return -1;
    if (name.empty() || directory->find(name)) return refuse(EEXIST);
    directory->set_name(std::string{name}, std::make_shared<disk_node>(true));
    return 0;
  }

  int rmdir(const path& removed) override {
    if (!enter(disk_call::rmdir, removed)) return refuse(EIO);
    auto [directory, name] = place_of(removed);
    if (!directory) return -1;
    auto node = name.empty() ? directory : directory->find(name);
    if (!node) return refuse(ENOENT);
    if (!node->is_directory) return refuse(ENOTDIR);
    if (node == directory) return refuse(EBUSY);
    if (!node->names().empty()) return refuse(ENOTEMPTY);
    directory->remove_name(name);
    return 0;
  }

  int list(const path& listed, std::vector<std::string>& names) override {
    if (has_ended_) return refuse(EIO);
    auto [directory, name] = place_of(listed);
    if (!directory) return -1;
    auto node = name.empty() ? directory : directory->find(name);
    if (!node) return refuse(ENOENT);
    if (!node->is_directory) return refuse(ENOTDIR);
    names.clear();
    for (auto& [below, ignored] : node->names())
      names.push_back(below);
    return 0;
  }

private:
  struct opened {
    disk_node::pointer node;
    path file;
    bool writes = false;
    bool reads = false;
  };

  /// A directory and a name in it; no name for the root, no directory where one is missing.
  struct place {
    disk_node::pointer directory;
    std::string_view name;
  };

  static int refuse(int reason) {
    errno = reason;
    return -1;
  }

  /// Says with `errno` why there is no directory.
  place place_of(const path& file) const {
    place out{disk_.root_, {}};
    std::string_view rest = file.native();
    while (!rest.empty()) {
      auto part = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(part.size() + 1, rest.size()));
      if (part.empty() || part == ".") continue;
      if (!out.name.empty()) out.directory = out.directory->find(out.name);
      bool is_there = out.directory != nullptr;
      if (!is_there || !out.directory->is_directory) {
        refuse(is_there ? ENOTDIR : ENOENT);
        return {};
      }
      out.name = part;
    }
    return out;
  }

  opened* find(int fd) {
    if (has_ended_) return refuse(EIO), nullptr;
    auto found = open_.find(fd);
    if (found == open_.end()) return refuse(EBADF), nullptr;
    return &found->second;
  }

  /// False where the process does not survive it.
  bool enter(disk_call what, const path& file) {
    if (has_ended_) return false;
    ++calls_;
    if (on_call) on_call(what, file);
    return !has_ended_;
  }

  /// The node of a descriptor; null with `errno`.
  disk_node* enter(disk_call what, int fd) {
    auto* file = find(fd);
    if (file == nullptr) return nullptr;
    if (enter(what, file->file)) return file->node.get();
    return refuse(EIO), nullptr;
  }

  /// As much as fits.
  ssize_t write(disk_node& node, std::string_view text, std::uint64_t offset) {
    auto size = node.bytes().size();
    auto end = offset + text.size();
    auto room = disk_.capacity_ - std::min(disk_.capacity_, disk_.used_);
    if (end > size && end - size > room) {
      auto missing = end - size - room;
      if (missing >= text.size()) return refuse(ENOSPC);
      text.remove_suffix(missing);
    }
    node.write(text, offset);
    disk_.used_ += node.bytes().size() - size;
    return static_cast<ssize_t>(text.size());
  }

  void resize(disk_node& node, std::uint64_t bytes) {
    disk_.used_ += bytes - node.bytes().size();
    node.truncate(bytes);
  }

  void unname(disk_node& node) {
    node.is_named = false;
    disk_.release(node);
  }

  void let_go(int fd, const opened& file) {
    if (file.node->locked_by == fd) file.node->locked_by = 0;
    --file.node->opens;
    disk_.release(*file.node);
  }

  simulated_disk& disk_;
  std::mt19937_64 random_;
  std::unordered_map<int, opened> open_;
  std::uint64_t calls_ = 0;
  bool has_ended_ = false;
};

inline void simulated_disk::lose_power(std::mt19937_64& random) {
  for (auto* session : sessions_)
    session->end();
  root_->lose_power(random);
  used_ = bytes_below(*root_);
}

} // namespace tickmesh
