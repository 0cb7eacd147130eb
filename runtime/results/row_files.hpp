// Text files that a host appends rows to: its parts of the results.
#pragma once

#include "messages/result.hpp"
#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tickmesh {

/// A file that text is appended to through a buffer. Faults say why with `errno`.
class text_file {
public:
  /// Begins the file anew.
  static result<text_file> create(file_system& files, const std::string& path);
  text_file(text_file&&) noexcept = default;
  /// Hands the rest to the kernel, if it can.
  ~text_file();

  result<void> append(std::string_view text);
  /// Hands the rest to the kernel. Nothing is appended any more.
  result<void> close();
  bool is_open() const { return file_.is_open(); }

private:
  explicit text_file(log_file file) : file_(std::move(file)) {}
  result<void> write(std::string_view text);

  log_file file_;
  std::uint64_t bytes_ = 0; ///< that the kernel has
  std::string buffer_;      ///< what follows
};

/// The name of a file of rows: `factors.calc-0.5`. `owner` tells whose they are: a slot writes
/// files of its own, so that those of a deposed one can be told apart.
std::string rows_name(std::string_view kind, std::string_view owner);

class row_files {
public:
  /// Creates `directory`. `headers` has the header line of each kind of rows. Fails, naming the
  /// path, where that is impossible.
  static result<std::unique_ptr<row_files>> create(const std::string& directory,
                                                   std::map<std::string, std::string> headers,
                                                   file_system& files = posix_file_system());

  /// Appends whole lines to `NAME.csv` (see rows_name), which begins with the header of its kind
  /// and replaces an older one. Fails when the system does (a full disk).
  result<void> append(const std::string& name, std::string_view lines);

  /// Writes `NAME` (any extension) in one piece.
  result<void> write_document(const std::string& name, std::string_view text);

  /// Hands everything to the kernel and closes the files.
  result<void> close();

  const std::string& directory() const { return directory_; }

private:
  row_files(std::string directory, std::map<std::string, std::string> headers, file_system& system)
      : directory_(std::move(directory)), headers_(std::move(headers)), system_(system) {}
  result<text_file*> find_or_begin(const std::string& name);
  tl::unexpected<fault> fault_of(const std::string& name) const;

  std::string directory_;
  std::map<std::string, std::string> headers_; ///< by kind
  file_system& system_;
  std::map<std::string, text_file> files_;
};

/// A file that is written beside `path` and replaces it in one step.
class new_text_file {
public:
  /// Fails, as finish() does, with the path and why.
  static result<new_text_file> create(const std::string& path,
                                      file_system& files = posix_file_system());
  new_text_file(new_text_file&&) = default;
  /// Takes an unfinished file away.
  ~new_text_file();

  void append(std::string_view text);
  /// Fails when anything could not be written; then `path` is as it was.
  result<void> finish();

private:
  new_text_file(std::string path, file_system& files, text_file file)
      : path_(std::move(path)), files_(&files), file_(std::move(file)) {}
  std::string path_;
  file_system* files_;
  text_file file_;
  int error_ = 0; ///< of the first write that failed
};

/// Replaces `path` by `text` in one step.
result<void> write_text_file(const std::string& path, std::string_view text,
                             file_system& files = posix_file_system());

/// Makes `path` another name of the file `of`, in one step; false where the system can't.
bool link_file(const std::string& of, const std::string& path);

/// The whole of a file, or why it cannot be read.
result<std::string> read_text_file(const std::string& path,
                                   file_system& files = posix_file_system());

} // namespace tickmesh
