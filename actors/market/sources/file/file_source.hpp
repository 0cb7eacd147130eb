// A source of recorded files: read once, held in memory, merged by time.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/file/file_rows.hpp"

#include <memory>

namespace tickmesh {

/// Reads the files of `settings.file` completely. Within a symbol, a file's order is kept; streams
/// (file, symbol) are merged by the running maximum of their event times, then by file and line.
/// Positions are line numbers, the header being line 1.
result<std::shared_ptr<const feed_source>> load_file_source(const source_settings& settings,
                                                            const instrument_table& instruments,
                                                            const rows_read& on_rows);

} // namespace tickmesh
