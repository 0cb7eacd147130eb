// Files in memory, for parsers that read through file_system. Directories are there as soon as
// somebody asks. For one thread.
#pragma once

#include "runtime/log/file_system.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

class memory_files final : public file_system {
public:
  using path = std::filesystem::path;

  std::string& operator[](const path& file) { return contents_[file]; }
  void clear() { contents_.clear(); }

  int open(const path& file, int flags) override {
    if ((flags & O_DIRECTORY) == 0) {
      if ((flags & O_CREAT) == 0 && !contents_.contains(file)) return refuse(ENOENT);
      if ((flags & O_TRUNC) != 0) contents_[file].clear();
      contents_.try_emplace(file);
    }
    auto fd = next_fd_++;
    open_[fd] = file;
    return fd;
  }
  int close(int fd) override { return open_.erase(fd) == 1 ? 0 : refuse(EBADF); }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    auto& from = of(fd);
    if (offset >= from.size()) return 0;
    bytes = std::min<std::size_t>(bytes, from.size() - offset);
    std::memcpy(to, from.data() + offset, bytes);
    return static_cast<ssize_t>(bytes);
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    auto& to = of(fd);
    if (to.size() < offset + bytes) to.resize(offset + bytes, '\0');
    std::memcpy(to.data() + offset, from, bytes);
    return static_cast<ssize_t>(bytes);
  }
  int ftruncate(int fd, std::uint64_t bytes) override { return of(fd).resize(bytes), 0; }
  int fdatasync(int) override { return 0; }
  int fsync(int) override { return 0; }
  int lock(int) override { return 0; }
  std::int64_t size(int fd) override { return static_cast<std::int64_t>(of(fd).size()); }
  int rename(const path& from, const path& to) override {
    auto found = contents_.extract(from);
    if (found.empty()) return refuse(ENOENT);
    contents_[to] = std::move(found.mapped());
    return 0;
  }
  int unlink(const path& file) override { return contents_.erase(file) == 1 ? 0 : refuse(ENOENT); }
  int mkdir(const path&) override { return 0; }
  int rmdir(const path&) override { return 0; }
  int list(const path& directory, std::vector<std::string>& names) override {
    for (auto& [file, bytes] : contents_)
      if (file.parent_path() == directory) names.push_back(file.filename().string());
    return 0;
  }

private:
  static int refuse(int code) {
    errno = code;
    return -1;
  }
  std::string& of(int fd) { return contents_[open_[fd]]; }

  std::map<path, std::string> contents_;
  std::map<int, path> open_;
  int next_fd_ = 1000;
};

} // namespace tickmesh
