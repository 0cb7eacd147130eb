// Reads the rows of recorded files, before they become a source. Used by file_source.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace tickmesh {

/// A row as it stands in its file.
struct file_row {
  tick record;               ///< its symbol numbered by first appearance in all files
  timestamp exchange_time{}; ///< parsed_record::no_exchange_time: the row has none
};

/// Rows that follow each other.
struct row_batch {
  std::vector<file_row> rows;
  std::vector<std::string> symbols; ///< that appear for the first time, in their order

  void clear() {
    rows.clear();
    symbols.clear();
  }
  bool empty() const { return rows.empty(); }
};

/// What files hold beside rows that are good.
struct files_read {
  std::vector<file_leftovers> leftovers; ///< of those that have some
  std::vector<std::string> warnings;
};

/// Reads all files of the settings, one after the other, in a thread ahead of `take`, which is
/// called with batch after batch in the caller's. The fault names file, line, column and value, or
/// the key of the configuration; or it is the one of `take`.
result<files_read> read_files(const file_settings& settings, const instrument_table& instruments,
                              const std::function<result<void>(const row_batch&)>& take);

} // namespace tickmesh
