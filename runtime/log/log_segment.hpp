// A file of records that one thread appends to and another syncs.
#pragma once

#include "runtime/log/log_file.hpp"

#include <cstdint>
#include <string_view>

namespace tickmesh {

/// `file`, and what is behind `bytes`, is the appender's; the rest is guarded by the log's lock.
struct log_segment {
  std::uint64_t bytes = 0; ///< of whole records
  bool unsynced = false;   ///< has records that may not survive the loss of power
  bool torn = false;       ///< bytes behind the whole records could not be removed
  log_file file;

  /// Writes a record behind the others, and does not count it yet. After a fault the file is as it
  /// was before, at the latest by the next call.
  result<void> write_behind(std::string_view record) {
    if (torn) {
      if (auto done = file.truncate(bytes); !done) return done;
      torn = false;
    }
    auto done = file.write(record, bytes);
    if (!done) torn = !file.truncate(bytes);
    return done;
  }
};

} // namespace tickmesh
