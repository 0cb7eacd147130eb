#include "runtime/results/row_files.hpp"

#include "runtime/log/directories.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tickmesh {

namespace {

constexpr std::size_t buffer_bytes = 4096;

std::string reason_now() {
  return std::strerror(errno);
}

} // namespace

result<text_file> text_file::create(file_system& files, const std::string& path) {
  return log_file::open(files, path, O_WRONLY | O_CREAT | O_TRUNC).map([](log_file file) {
    return text_file{std::move(file)};
  });
}

text_file::~text_file() {
  if (is_open()) write(buffer_);
}

result<void> text_file::write(std::string_view text) {
  if (auto written = file_.write(text, bytes_); !written) return written;
  bytes_ += text.size();
  return {};
}

result<void> text_file::append(std::string_view text) {
  if (buffer_.size() + text.size() > buffer_bytes) {
    if (auto written = write(buffer_); !written) return written;
    buffer_.clear();
  }
  if (text.size() > buffer_bytes) return write(text);
  buffer_ += text;
  return {};
}

result<void> text_file::close() {
  auto written = write(buffer_);
  auto reason = errno;
  auto closed = file_.close();
  if (written) return closed;
  errno = reason;
  return written;
}

std::string rows_name(std::string_view kind, std::string_view owner) {
  return fmt::format("{}.{}", kind, owner);
}

tl::unexpected<fault> row_files::fault_of(const std::string& name) const {
  return fail(fmt::format("cannot write {}/{}.csv: {}", directory_, name, reason_now()));
}

result<std::unique_ptr<row_files>> row_files::create(const std::string& directory,
                                                     std::map<std::string, std::string> headers,
                                                     file_system& files) {
  if (auto made = make_directories(files, directory); !made)
    return fail(fmt::format("cannot create the results directory {}: {}", directory, reason_now()));
  return std::unique_ptr<row_files>{new row_files{directory, std::move(headers), files}};
}

result<text_file*> row_files::find_or_begin(const std::string& name) {
  if (auto found = files_.find(name); found != files_.end()) return &found->second;
  auto file = text_file::create(system_, directory_ + "/" + name + ".csv");
  if (!file || !file->append(headers_.at(name.substr(0, name.find('.'))) + "\n"))
    return fault_of(name);
  return &files_.emplace(name, std::move(*file)).first->second;
}

result<void> row_files::append(const std::string& name, std::string_view lines) {
  auto file = find_or_begin(name);
  if (!file) return tl::unexpected(file.error());
  if (!(*file)->append(lines)) return fault_of(name);
  return {};
}

result<void> row_files::write_document(const std::string& name, std::string_view text) {
  return write_text_file(directory_ + "/" + name, text, system_);
}

result<void> row_files::close() {
  for (auto& [name, file] : files_)
    if (file.is_open() && !file.close()) return fault_of(name);
  files_.clear();
  return {};
}

namespace {

std::string path_beside(const std::string& path) {
  return path + ".part";
}

} // namespace

result<new_text_file> new_text_file::create(const std::string& path, file_system& files) {
  auto file = text_file::create(files, path_beside(path));
  if (!file) return fail(fmt::format("cannot write {}: {}", path, reason_now()));
  return new_text_file{path, files, std::move(*file)};
}

new_text_file::~new_text_file() {
  if (file_.is_open()) files_->unlink(path_beside(path_));
}

void new_text_file::append(std::string_view text) {
  if (error_ == 0 && !file_.append(text)) error_ = errno;
}

result<void> new_text_file::finish() {
  auto beside = path_beside(path_);
  // Some file systems say only now that there is no room.
  if (!file_.close() && error_ == 0) error_ = errno;
  if (error_ == 0 && files_->rename(beside, path_) != 0) error_ = errno;
  if (error_ == 0) return {};
  files_->unlink(beside);
  return fail(fmt::format("cannot write {}: {}", path_, std::strerror(error_)));
}

result<void> write_text_file(const std::string& path, std::string_view text, file_system& files) {
  auto file = new_text_file::create(path, files);
  if (!file) return tl::unexpected(file.error());
  file->append(text);
  return file->finish();
}

bool link_file(const std::string& of, const std::string& path) {
  auto beside = path_beside(path);
  std::remove(beside.c_str());
  if (::link(of.c_str(), beside.c_str()) != 0) return false;
  bool is_there = std::rename(beside.c_str(), path.c_str()) == 0;
  // Where both were names of one file, renaming has done nothing.
  std::remove(beside.c_str());
  return is_there;
}

result<std::string> read_text_file(const std::string& path, file_system& files) {
  auto refuse = [&path] { return fail(fmt::format("cannot read {}: {}", path, reason_now())); };
  auto file = log_file::open(files, path, O_RDONLY);
  if (!file) return refuse();
  constexpr std::size_t chunk_bytes = 64 << 10;
  std::string out;
  for (;;) { // to its end, wherever the system says that this is
    auto begin = out.size();
    out.resize(begin + chunk_bytes);
    auto got = file->read(out.data() + begin, chunk_bytes, begin);
    if (!got) return refuse();
    out.resize(begin + *got);
    if (*got < chunk_bytes) return out;
  }
}

} // namespace tickmesh
