// Text files that a host appends rows to: its parts of the results.
#pragma once

#include "messages/result.hpp"

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tickmesh {

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
  struct closer {
    void operator()(std::FILE* f) const { std::fclose(f); }
  };
  std::string directory_;
  std::map<std::string, std::unique_ptr<std::FILE, closer>> files_;
};

/// Replaces `path` by `text` in one step (write beside it, rename). Fails with the path and why.
result<void> write_text_file(const std::string& path, std::string_view text);

/// The whole of a file, or why it cannot be read.
result<std::string> read_text_file(const std::string& path);

} // namespace tickmesh
