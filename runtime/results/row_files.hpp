// Text files that a host appends rows to: its parts of the results.
#pragma once

#include "messages/result.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

struct text_file_closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using text_file = std::unique_ptr<std::FILE, text_file_closer>;

class row_files {
public:
  /// Creates `directory` and, in it, `NAME.csv` with its header line for each entry of `headers`,
  /// replacing older ones. Fails, naming the path, where that is impossible.
  static result<std::unique_ptr<row_files>>
  create(const std::string& directory, const std::map<std::string, std::string>& headers);

  /// Appends whole lines to `NAME.csv`. Fails when the system does (a full disk).
  result<void> append(const std::string& name, std::string_view lines);

  /// Writes `NAME` (any extension) in one piece.
  result<void> write_document(const std::string& name, std::string_view text);

  /// Hands everything to the kernel and closes the files.
  result<void> close();

  const std::string& directory() const { return directory_; }

private:
  std::string directory_;
  std::map<std::string, text_file> files_;
};

/// A file that is written beside `path` and replaces it in one step.
class new_text_file {
public:
  /// Fails, as finish() does, with the path and why.
  static result<new_text_file> create(const std::string& path);
  new_text_file(new_text_file&&) = default;
  /// Takes an unfinished file away.
  ~new_text_file();

  void append(std::string_view text);
  /// Fails when anything could not be written; then `path` is as it was.
  result<void> finish();

private:
  new_text_file(std::string path, text_file file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  text_file file_;
  int error_ = 0; ///< of the first write that failed
};

/// Replaces `path` by `text` in one step.
result<void> write_text_file(const std::string& path, std::string_view text);

/// Makes `path` another name of the file `of`, in one step; false where the system can't.
bool link_file(const std::string& of, const std::string& path);

/// The whole of a file, or why it cannot be read.
result<std::string> read_text_file(const std::string& path);

} // namespace tickmesh
