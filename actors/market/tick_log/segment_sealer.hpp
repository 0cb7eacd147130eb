// Turns a closed write-ahead file into the files of a sealed segment: its ticks regrouped by symbol
// in blocks, its rejected ticks. Run by the keeper's thread through tick_log.
#pragma once

#include "actors/market/tick_log/log_state.hpp"
#include "actors/market/tick_log/tick_block.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace tickmesh {

/// Runs of each symbol, in the order of the records; they point into the records' bytes.
using runs_by_symbol = std::map<symbol_id, std::vector<tick_run_view>>;

/// Seals segments; keeps its memory. For one thread.
class segment_sealer {
public:
  /// Writes the .blocks files of the write-ahead file whose first record is `first`. They count
  /// only once they are in the day's list. Fails on a damaged record; the fault names file and
  /// offset.
  result<sealed_segment> seal(file_system& files, const std::filesystem::path& day,
                              record_number first);

private:
  tick_block_builder block_;
  std::string bytes_; ///< of the write-ahead file
};

/// Gathers runs into blocks and calls `finish(symbol)` whenever `block` is to be finished.
template <class Finish>
result<void> for_each_block(const runs_by_symbol& runs, tick_block_builder& block, Finish finish) {
  for (auto& [symbol, views] : runs) {
    for (auto& run : views) {
      if (!block.fits(run.count))
        if (auto done = finish(symbol); !done) return done;
      if (auto done = block.add(run); !done) return done;
    }
    if (auto done = finish(symbol); !done) return done;
  }
  return {};
}

} // namespace tickmesh
