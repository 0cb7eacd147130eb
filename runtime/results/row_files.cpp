#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tickmesh {

namespace {

std::string reason_now() {
  return std::strerror(errno);
}

} // namespace

result<std::unique_ptr<row_files>>
row_files::create(const std::string& directory, const std::map<std::string, std::string>& headers) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return fail(
        fmt::format("cannot create the results directory {}: {}", directory, error.message()));
  auto out = std::make_unique<row_files>();
  out->directory_ = directory;
  for (auto& [name, header] : headers) {
    auto path = directory + "/" + name + ".csv";
    text_file file{std::fopen(path.c_str(), "w")};
    if (file == nullptr) return fail(fmt::format("cannot write {}: {}", path, reason_now()));
    out->files_[name] = std::move(file);
    if (auto written = out->append(name, header + "\n"); !written)
      return tl::unexpected(written.error());
  }
  return out;
}

result<void> row_files::append(const std::string& name, std::string_view lines) {
  auto& file = files_.at(name);
  if (std::fwrite(lines.data(), 1, lines.size(), file.get()) != lines.size())
    return fail(fmt::format("cannot write {}/{}.csv: {}", directory_, name, reason_now()));
  return {};
}

result<void> row_files::write_document(const std::string& name, std::string_view text) {
  return write_text_file(directory_ + "/" + name, text);
}

result<void> row_files::close() {
  for (auto& [name, file] : files_)
    if (file != nullptr && std::fclose(file.release()) != 0)
      return fail(fmt::format("cannot write {}/{}.csv: {}", directory_, name, reason_now()));
  files_.clear();
  return {};
}

namespace {

std::string path_beside(const std::string& path) {
  return path + ".part";
}

} // namespace

result<new_text_file> new_text_file::create(const std::string& path) {
  text_file file{std::fopen(path_beside(path).c_str(), "w")};
  if (file == nullptr) return fail(fmt::format("cannot write {}: {}", path, reason_now()));
  return new_text_file{path, std::move(file)};
}

new_text_file::~new_text_file() {
  if (file_ != nullptr) std::remove(path_beside(path_).c_str());
}

void new_text_file::append(std::string_view text) {
  if (error_ != 0) return;
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) error_ = errno;
}

result<void> new_text_file::finish() {
  auto beside = path_beside(path_);
  // Some file systems say only now that there is no room.
  if (std::fclose(file_.release()) != 0 && error_ == 0) error_ = errno;
  if (error_ == 0 && std::rename(beside.c_str(), path_.c_str()) != 0) error_ = errno;
  if (error_ == 0) return {};
  std::remove(beside.c_str());
  return fail(fmt::format("cannot write {}: {}", path_, std::strerror(error_)));
}

result<void> write_text_file(const std::string& path, std::string_view text) {
  auto file = new_text_file::create(path);
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

result<std::string> read_text_file(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(fmt::format("cannot read {}: it is a directory", path));
  std::ifstream file{path, std::ios::binary};
  if (!file) return fail(fmt::format("cannot read {}: {}", path, reason_now()));
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return fail(fmt::format("cannot read {}: {}", path, reason_now()));
  return std::move(text).str();
}

} // namespace tickmesh
