#include "runtime/log/file_system.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

namespace tickmesh {

namespace {

class operating_system final : public file_system {
public:
  int open(const std::filesystem::path& path, int flags) override {
    return ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  }
  int close(int fd) override { return ::close(fd); }
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    return ::pread(fd, to, bytes, static_cast<off_t>(offset));
  }
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    return ::pwrite(fd, from, bytes, static_cast<off_t>(offset));
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    return ::ftruncate(fd, static_cast<off_t>(bytes));
  }
  int fdatasync(int fd) override { return ::fdatasync(fd); }
  int fsync(int fd) override { return ::fsync(fd); }
  int lock(int fd) override { return ::flock(fd, LOCK_EX | LOCK_NB); }
  std::int64_t size(int fd) override {
    struct stat status {};
    return ::fstat(fd, &status) == 0 ? static_cast<std::int64_t>(status.st_size) : -1;
  }
  int rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return ::rename(from.c_str(), to.c_str());
  }
  int unlink(const std::filesystem::path& path) override { return ::unlink(path.c_str()); }
  int mkdir(const std::filesystem::path& path) override { return ::mkdir(path.c_str(), 0755); }
  int rmdir(const std::filesystem::path& path) override { return ::rmdir(path.c_str()); }
  int list(const std::filesystem::path& directory, std::vector<std::string>& names) override {
    auto* entries = ::opendir(directory.c_str());
    if (entries == nullptr) return -1;
    names.clear();
    while (auto* entry = ::readdir(entries)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(entries);
    std::sort(names.begin(), names.end());
    return 0;
  }
};

} // namespace

file_system& posix_file_system() {
  static operating_system instance;
  return instance;
}

} // namespace tickmesh
