// A round on its way from the feed to the log. The feed handler fills it, each symbol stream makes
// its own part in place, and the data slot makes a record of the whole; then its memory is used for
// a later round.
#pragma once

#include "actors/market/feed/clean_batch.hpp"
#include "actors/market/feed/feed_reader.hpp"
#include "runtime/actors/part_countdown.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tickmesh {

class market_round {
public:
  feed_round records;
  std::int64_t ingest_ns = 0;        ///< control clock, when the first record was due
  std::int64_t generator_cpu_ns = 0; ///< so far, see feed
  part_countdown progress;           ///< one part for each batch of `records`

  /// The records are there: their streams may begin.
  void open_parts() {
    auto count = records.batches.size();
    if (parts_.size() < count) parts_.resize(count);
    progress.open(count);
  }

  /// What becomes of each batch.
  std::span<clean_batch> parts() { return std::span{parts_}.first(records.batches.size()); }

private:
  std::vector<clean_batch> parts_; ///< with memory to spare
};

} // namespace tickmesh
