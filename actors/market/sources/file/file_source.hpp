// A source of recorded files: read once, merged by time, held in memory as far as there is room.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "messages/instrument.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace tickmesh {

/// Called now and then with how many rows have been read of all files.
using rows_read = std::function<void(std::uint64_t)>;

struct file_source_options {
  /// Where rows wait that memory does not hold, in a file without a name.
  std::filesystem::path spool_directory = std::filesystem::temp_directory_path();
  rows_read on_rows{};
};

/// Reads the files of `settings.file` completely. Within a symbol, a file's order is kept; streams
/// (file, symbol) are merged by the running maximum of their event times, then by file and line.
/// Positions are line numbers, the header being line 1.
result<std::shared_ptr<const feed_source>> load_file_source(const source_settings& settings,
                                                            const instrument_table& instruments,
                                                            const file_source_options& options);

} // namespace tickmesh
