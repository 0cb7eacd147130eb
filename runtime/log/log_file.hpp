// An open file of a log, and how whole files are written and read. Faults name the file.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tickmesh {

/// The reason that `errno` names, in a sentence with the file and what was tried. `errno` stays.
tl::unexpected<fault> file_fault(const std::filesystem::path& path, std::string_view what);

/// A file descriptor that is closed with the object.
class log_file {
public:
  log_file() = default;
  log_file(log_file&& other) noexcept;
  log_file& operator=(log_file&& other) noexcept;
  ~log_file();

  /// `flags` are those of open(2).
  static result<log_file> open(file_system& files, const std::filesystem::path& path, int flags);

  bool is_open() const { return fd_ >= 0; }
  int descriptor() const { return fd_; }
  const std::filesystem::path& path() const { return path_; }

  result<std::uint64_t> size() const;
  /// Reads up to `bytes`; fewer only at the file's end.
  result<std::size_t> read(char* to, std::size_t bytes, std::uint64_t offset) const;
  result<void> write(std::string_view bytes, std::uint64_t offset) const;
  result<void> truncate(std::uint64_t bytes) const;
  result<void> sync_data() const;
  /// For who has written and not synced: some file systems say only now that there is no room.
  result<void> close();

private:
  log_file(file_system& files, std::filesystem::path path, int fd);

  file_system* files_ = nullptr;
  std::filesystem::path path_;
  int fd_ = -1;
};

/// Reads a file into `out`, whose memory is used again; false where there is no such file.
result<bool> read_file(file_system& files, const std::filesystem::path& path, std::string& out);

/// The file's content; empty where there is no such file.
result<std::string> read_file(file_system& files, const std::filesystem::path& path);

/// Makes a log's directory where it is missing, and locks it for as long as what is returned is
/// open. The names in it survive the loss of power, as an earlier process left them: what they say
/// can be acted upon. Fails when another process holds the lock.
result<log_file> lock_directory(file_system& files, const std::filesystem::path& directory);

/// Makes names that were made or removed in a directory survive the loss of power.
result<void> sync_directory(file_system& files, const std::filesystem::path& directory);

/// Name of an unfinished file; recovery removes those.
inline constexpr std::string_view temporary_suffix = ".tmp";

/// Puts `bytes` in a file's place, whole or not at all: written beside it, synced, renamed.
result<void> replace_file(file_system& files, const std::filesystem::path& path,
                          std::string_view bytes);

/// Removes a file; that there is none is no fault.
result<void> remove_file(file_system& files, const std::filesystem::path& path);

} // namespace tickmesh
