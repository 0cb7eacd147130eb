// Reads the rows of recorded files, before they become a source. Used by file_source.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "messages/instrument.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// Called now and then with how many rows have been read of all files.
using rows_read = std::function<void(std::uint64_t)>;

/// All rows in file order. Until the source is complete, symbols are numbered by first appearance.
struct loaded_rows {
  std::vector<tick> ticks;
  std::vector<timestamp> exchange_times;
  std::map<std::string, symbol_id, std::less<>> symbols;
  std::vector<std::size_t> file_begins; ///< of each file, its first row
  std::vector<file_leftovers> leftovers;
};

/// Reads all files of the settings. The fault names file, line, column and value, or the key of the
/// configuration.
result<loaded_rows> load_rows(const file_settings& settings, const instrument_table& instruments,
                              const rows_read& on_rows = {});

} // namespace tickmesh
