// Recorded files into a tick log, without a cluster: the ticks are cleaned and numbered by the
// classes that a data slot uses.
#pragma once

#include "actors/market/feed/feed.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

namespace tickmesh {

struct import_options {
  std::filesystem::path out; ///< directory of the new log; it must not hold one
  cleaning_settings cleaning;
  std::uint64_t segment_mib = 32;
};

/// Writes all records of a source, which is repeatable, to a new log, sealed and synced; returns
/// what was read, accepted and rejected. A log that a run with the same source, instruments and
/// cleaning rules writes in one data slot holds the same ticks under the same numbers.
/// `progress` is called with the number of records read.
result<slot_totals> import_ticks(std::shared_ptr<const feed_source> source,
                                 const instrument_table& instruments, const import_options& options,
                                 const std::function<void(std::uint64_t)>& progress);

} // namespace tickmesh
