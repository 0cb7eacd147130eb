// Directories for logs, and file systems in which nothing waits for the disk or any call can fail.
#pragma once

#include "runtime/log/file_system.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace tickmesh {

/// A directory that goes with the object; in memory where the system offers that.
class log_directory {
public:
  log_directory() {
    std::filesystem::path memory{"/dev/shm"};
    auto parent = std::filesystem::is_directory(memory) && ::access(memory.c_str(), W_OK) == 0
                      ? memory
                      : std::filesystem::temp_directory_path();
    auto pattern = (parent / "log_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  log_directory(const log_directory&) = delete;
  log_directory& operator=(const log_directory&) = delete;
  ~log_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path log() const { return path_ / "log"; }
  /// Of the log's file whose name begins so, the first by name.
  std::filesystem::path find(const std::string& prefix) const {
    std::vector<std::filesystem::path> found;
    for (auto& entry : std::filesystem::recursive_directory_iterator{log()})
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found.empty() ? std::filesystem::path{} : found.front();
  }

private:
  std::filesystem::path path_;
};

/// The operating system's files, but that nothing waits for the disk: what the process sees of
/// them is the same. For several threads.
class unsynced_file_system : public file_system {
public:
  int open(const std::filesystem::path& path, int flags) override {
    return real_.open(path, flags);
  }
  int close(int fd) override { return real_.close(fd); }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    return real_.pread(fd, to, bytes, offset);
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    return real_.pwrite(fd, from, bytes, offset);
  }
  int ftruncate(int fd, std::uint64_t bytes) override { return real_.ftruncate(fd, bytes); }
  int fdatasync(int) override { return 0; }
  int fsync(int) override { return 0; }
  int lock(int fd) override { return real_.lock(fd); }
  std::int64_t size(int fd) override { return real_.size(fd); }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return real_.rename(from, to);
  }
  int unlink(const std::filesystem::path& path) override { return real_.unlink(path); }
  int mkdir(const std::filesystem::path& path) override { return real_.mkdir(path); }
  int rmdir(const std::filesystem::path& path) override { return real_.rmdir(path); }
  int list(const std::filesystem::path& directory, std::vector<std::string>& names) override {
    return real_.list(directory, names);
  }

private:
  file_system& real_ = posix_file_system();
};

/// What a call does from the chosen one on.
enum class broken_call { full_disk, short_write, input_output_error, process_death };

/// Files of which one call, or with `process_death` all from it on, fail. A write that fails by
/// death or shortly has written a part. Calls are counted from 1.
class broken_file_system final : public unsynced_file_system {
public:
  explicit broken_file_system(std::uint64_t broken_at = UINT64_MAX,
                              broken_call how = broken_call::process_death)
      : broken_at_(broken_at), how_(how) {}

  std::uint64_t calls() const { return calls_; }
  /// The numbers of the calls that wrote or made something, and so can find the disk full.
  const std::vector<std::uint64_t>& writing_calls() const { return writing_calls_; }

  int open(const std::filesystem::path& path, int flags) override {
    if ((flags & O_CREAT) != 0) writing_calls_.push_back(calls_ + 1);
    return strikes() ? -1 : unsynced_file_system::open(path, flags);
  }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    return strikes() ? -1 : unsynced_file_system::pread(fd, to, bytes, offset);
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    bool first = calls_ + 1 == broken_at_;
    writing_calls_.push_back(calls_ + 1);
    if (!strikes()) return unsynced_file_system::pwrite(fd, from, bytes, offset);
    if (how_ == broken_call::short_write || (how_ == broken_call::process_death && first)) {
      auto part = unsynced_file_system::pwrite(fd, from, bytes / 2, offset);
      return how_ == broken_call::short_write ? part : -1;
    }
    return -1;
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    return strikes() ? -1 : unsynced_file_system::ftruncate(fd, bytes);
  }
  int fdatasync(int) override { return strikes() ? -1 : 0; }
  int fsync(int) override { return strikes() ? -1 : 0; }
  int lock(int fd) override { return strikes() ? -1 : unsynced_file_system::lock(fd); }
  std::int64_t size(int fd) override { return strikes() ? -1 : unsynced_file_system::size(fd); }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return strikes() ? -1 : unsynced_file_system::rename(from, to);
  }
  int unlink(const std::filesystem::path& path) override {
    return strikes() ? -1 : unsynced_file_system::unlink(path);
  }
  int mkdir(const std::filesystem::path& path) override {
    writing_calls_.push_back(calls_ + 1);
    return strikes() ? -1 : unsynced_file_system::mkdir(path);
  }
  int rmdir(const std::filesystem::path& path) override {
    return strikes() ? -1 : unsynced_file_system::rmdir(path);
  }
  int list(const std::filesystem::path& directory, std::vector<std::string>& names) override {
    return strikes() ? -1 : unsynced_file_system::list(directory, names);
  }

private:
  bool strikes() {
    ++calls_;
    bool out = how_ == broken_call::process_death ? calls_ >= broken_at_ : calls_ == broken_at_;
    if (out) errno = how_ == broken_call::full_disk ? ENOSPC : EIO;
    return out;
  }

  std::uint64_t broken_at_;
  broken_call how_;
  std::uint64_t calls_ = 0;
  std::vector<std::uint64_t> writing_calls_;
};

} // namespace tickmesh
