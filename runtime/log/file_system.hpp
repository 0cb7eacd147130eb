// The system calls of durable files, replaceable so that tests can fail, shorten or cut off any
// one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tickmesh {

/// Each function is the system call of its name: failure is -1 with `errno` set. Safe to be called
/// by several threads.
class file_system {
public:
  virtual ~file_system() = default;

  virtual int open(const std::filesystem::path& path, int flags) = 0;
  virtual int close(int fd) = 0;
  virtual ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) = 0;
  virtual ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) = 0;
  virtual int ftruncate(int fd, std::uint64_t bytes) = 0;
  virtual int fdatasync(int fd) = 0;
  virtual int fsync(int fd) = 0;
  virtual int lock(int fd) = 0; ///< flock, exclusive, without waiting
  virtual std::int64_t size(int fd) = 0;
  virtual int rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual int unlink(const std::filesystem::path& path) = 0;
  virtual int mkdir(const std::filesystem::path& path) = 0;
  virtual int rmdir(const std::filesystem::path& path) = 0;
  /// The names in a directory, sorted, without `.` and `..`.
  virtual int list(const std::filesystem::path& directory, std::vector<std::string>& names) = 0;
};

/// The operating system's.
file_system& posix_file_system();

} // namespace tickmesh
