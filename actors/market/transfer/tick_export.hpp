// A day of a tick log as files for other programs: CSV, or a .npy file for each column.
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tickmesh {

enum class export_format : std::uint8_t {
  csv, ///< our own format, as source.kind = "file" reads it; without cumulative volumes
  npy, ///< all that the log has, in int64: ns, and units of 1e-8
};

struct export_request {
  std::vector<std::filesystem::path> logs; ///< directories of slots' logs, parts of one whole
  std::int32_t trading_day = 0;            ///< yyyymmdd
  std::vector<std::string> symbols;        ///< empty: all
  export_format format = export_format::csv;
  std::filesystem::path out; ///< made when absent
  bool rejected = false;     ///< the rejected ticks, too
};

struct export_counts {
  std::uint64_t symbols = 0;
  std::uint64_t ticks = 0;
  std::uint64_t rejected = 0;
};

/// Writes OUT/DAY/SYMBOL.csv, or OUT/DAY/SYMBOL/COLUMN.npy with columns.json, and with `rejected`
/// OUT/DAY/rejected.csv (columns as in the results). In names of files, bytes of a symbol that are
/// not letters, digits, `_`, `-` or `.` become `%XX`. Of the ticks, a few thousand at a time are in
/// memory. `progress(done, total)` is called with numbers of ticks. Fails where the day or a symbol
/// is in none of the logs, where a symbol is in two, on damage and on a full disk.
result<export_counts>
export_ticks(const export_request& request,
             const std::function<void(std::uint64_t, std::uint64_t)>& progress);

} // namespace tickmesh
