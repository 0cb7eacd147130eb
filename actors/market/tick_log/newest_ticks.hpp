// What is kept of days that are dropped: the newest ticks of each symbol, behind which a symbol
// that has been quiet for longer goes on with its numbers. Written by tick_log_segments, read by
// tick_log_reader.
//
//   ROOT/newest.blocks   ticks by symbol, as in a day's .blocks file
#pragma once

#include "actors/market/tick_log/sealed_file.hpp"
#include "actors/market/tick_log/tick_block.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"
#include "runtime/log/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

/// Of one symbol; older ones go.
inline constexpr std::size_t newest_ticks_max = 64;

/// A day that is about to be dropped, and what is sealed of it.
struct dropped_day {
  std::filesystem::path directory;
  std::vector<sealed_segment> segments; ///< sorted by first record
};

/// Takes the newest ticks of these days, the oldest first, into the file, which holds those of
/// earlier ones. Replaces the file in one step: done twice, it is as done once.
result<void> keep_newest_ticks(file_system& files, const std::filesystem::path& root,
                               const std::vector<dropped_day>& days);

/// Reads the file. For one thread.
class newest_ticks {
public:
  /// None are kept where there is no file.
  static result<newest_ticks> open(file_system& files, const std::filesystem::path& root);

  /// Appends at most `count` of a symbol's kept ticks with numbers below `before`, newest first.
  result<void> read(symbol_id symbol, sequence before, std::size_t count, std::vector<tick>& out);

private:
  std::optional<sealed_reader> file_;
  std::string bytes_;
  std::unique_ptr<tick_block_reader> block_;
};

} // namespace tickmesh
