#include "runtime/log/log_file.hpp"

#include "runtime/log/directories.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tickmesh {

namespace fs = std::filesystem;

tl::unexpected<fault> file_fault(const fs::path& path, std::string_view what) {
  auto number = errno;
  auto advice = number == ENOSPC || number == EDQUOT
                    ? "free space on the disk"
                    : "check the disk and the permissions of the directory";
  auto out = fail(fmt::format("{}: {}: {}; {}", path.string(), what,
                              std::generic_category().message(number), advice));
  errno = number;
  return out;
}

log_file::log_file(file_system& files, fs::path path, int fd)
    : files_(&files), path_(std::move(path)), fd_(fd) {}

log_file::log_file(log_file&& other) noexcept
    : files_(other.files_), path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

log_file& log_file::operator=(log_file&& other) noexcept {
  std::swap(files_, other.files_);
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

log_file::~log_file() {
  if (fd_ >= 0) files_->close(fd_); // what matters was checked when it was written
}

result<log_file> log_file::open(file_system& files, const fs::path& path, int flags) {
  int fd = files.open(path, flags);
  if (fd < 0) return file_fault(path, "the file can't be opened");
  return log_file{files, path, fd};
}

result<std::uint64_t> log_file::size() const {
  auto bytes = files_->size(fd_);
  if (bytes < 0) return file_fault(path_, "the file's size can't be read");
  return static_cast<std::uint64_t>(bytes);
}

result<std::size_t> log_file::read(char* to, std::size_t bytes, std::uint64_t offset) const {
  std::size_t done = 0;
  while (done < bytes) {
    auto n = files_->pread(fd_, to + done, bytes - done, offset + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return file_fault(path_, fmt::format("offset {} can't be read", offset + done));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

result<void> log_file::write(std::string_view bytes, std::uint64_t offset) const {
  while (!bytes.empty()) {
    auto n = files_->pwrite(fd_, bytes.data(), bytes.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;
    if (n <= 0) return file_fault(path_, fmt::format("offset {} can't be written", offset));
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::size_t>(n);
  }
  return {};
}

result<void> log_file::truncate(std::uint64_t bytes) const {
  if (files_->ftruncate(fd_, bytes) != 0)
    return file_fault(path_, fmt::format("the file can't be cut to {} bytes", bytes));
  return {};
}

result<void> log_file::sync_data() const {
  if (files_->fdatasync(fd_) != 0) return file_fault(path_, "the file can't be synced");
  return {};
}

result<void> log_file::close() {
  if (files_->close(std::exchange(fd_, -1)) != 0)
    return file_fault(path_, "the file can't be closed");
  return {};
}

result<bool> read_file(file_system& files, const fs::path& path, std::string& out) {
  auto file = log_file::open(files, path, O_RDONLY);
  if (!file && errno == ENOENT) {
    out.clear();
    return false;
  }
  if (!file) return tl::make_unexpected(file.error());
  auto size = file->size();
  if (!size) return tl::make_unexpected(size.error());
  if (out.capacity() < *size) { // nothing of what it held is needed, so nothing is to be copied
    out = {};
    out.reserve(*size + *size / 16);
  }
  out.resize(*size);
  auto got = file->read(out.data(), out.size(), 0);
  if (!got) return tl::make_unexpected(got.error());
  out.resize(*got);
  return true;
}

result<std::string> read_file(file_system& files, const fs::path& path) {
  std::string out;
  if (auto found = read_file(files, path, out); !found) return tl::make_unexpected(found.error());
  return out;
}

result<log_file> lock_directory(file_system& files, const fs::path& directory) {
  if (auto made = make_directories(files, directory); !made)
    return tl::make_unexpected(made.error());
  auto opened = log_file::open(files, directory, O_RDONLY | O_DIRECTORY);
  if (!opened) return opened;
  if (files.lock(opened->descriptor()) != 0) {
    if (errno != EWOULDBLOCK) return file_fault(directory, "the log can't be locked");
    return fail(fmt::format("{}: the log is locked by another process; stop that process, or give "
                            "this slot a directory of its own",
                            directory.string()));
  }
  if (files.fsync(opened->descriptor()) != 0)
    return file_fault(directory, "the directory can't be synced");
  return opened;
}

result<void> sync_directory(file_system& files, const fs::path& directory) {
  auto opened = log_file::open(files, directory, O_RDONLY | O_DIRECTORY);
  if (!opened) return tl::make_unexpected(opened.error());
  if (files.fsync(opened->descriptor()) != 0)
    return file_fault(directory, "the directory can't be synced");
  return {};
}

result<void> replace_file(file_system& files, const fs::path& path, std::string_view bytes) {
  auto temporary = path;
  temporary += temporary_suffix;
  {
    auto file = log_file::open(files, temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return tl::make_unexpected(file.error());
    if (auto done = file->write(bytes, 0); !done) return done;
    if (auto done = file->sync_data(); !done) return done;
  }
  if (files.rename(temporary, path) != 0) return file_fault(path, "the file can't be put in place");
  return sync_directory(files, path.parent_path());
}

result<void> remove_file(file_system& files, const fs::path& path) {
  if (files.unlink(path) != 0 && errno != ENOENT)
    return file_fault(path, "the file can't be removed");
  return {};
}

} // namespace tickmesh
