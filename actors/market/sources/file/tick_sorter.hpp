// Sorts more ticks than memory should hold: what is beyond its share waits in a file. Plain class
// behind file_source.
#pragma once

#include "messages/result.hpp"
#include "messages/tick.hpp"
#include "runtime/log/log_file.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <queue>
#include <span>
#include <utility>
#include <vector>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tickmesh {

/// Ticks that stand together in the file, compressed.
struct stored_block {
  std::uint64_t offset = 0;
  std::uint32_t bytes = 0;
  std::uint32_t ticks = 0;
};

/// Ticks in their order, in memory or in the file.
struct sorted_run {
  tick first; ///< the lowest of them
  std::vector<tick> ticks;
  std::vector<stored_block> blocks;
};

/// What a tick_sorter was given; immutable. May be read by several threads, each with a cursor.
class sorted_ticks {
public:
  sorted_ticks(std::vector<sorted_run> runs, log_file file)
      : runs_(std::move(runs)), file_(std::move(file)) {}

  const std::vector<sorted_run>& runs() const { return runs_; }
  const log_file& file() const { return file_; }

private:
  std::vector<sorted_run> runs_; ///< by the first tick of each
  log_file file_;                ///< not open when all are in memory
};

/// Reads the ticks by effective time, then by source and position.
class sorted_cursor {
public:
  explicit sorted_cursor(std::shared_ptr<const sorted_ticks> ticks);
  sorted_cursor(const sorted_cursor&) = delete;
  sorted_cursor& operator=(const sorted_cursor&) = delete;
  ~sorted_cursor();

  /// Writes the next one; false behind the last. Throws when the file can't be read.
  bool next(tick& out);

private:
  /// A run's place. What comes next of it is at hand, but for a run that has not begun.
  struct run_cursor {
    std::span<const tick> at_hand;
    std::vector<tick> loaded; ///< of a run in the file: the block that at_hand is of
    std::size_t next_block = 0;
    bool has_begun = false;
  };
  struct comes_later {
    const sorted_cursor* cursor;
    bool operator()(std::size_t a, std::size_t b) const;
  };

  const tick& next_of(std::size_t run) const;
  bool load(std::size_t run);
  void read_block(const stored_block& block, std::vector<tick>& out);

  std::shared_ptr<const sorted_ticks> ticks_;
  std::vector<run_cursor> cursors_;
  std::size_t current_ = 0; ///< the run that the next tick is of
  bool has_current_ = false;
  std::priority_queue<std::size_t, std::vector<std::size_t>, comes_later> others_;
  std::vector<char> packed_;
  ZSTD_DCtx_s* decompressor_;
};

class tick_sorter {
public:
  /// At most `memory_max` bytes of ticks stay in memory; the rest goes to a file in `directory`,
  /// which has no name once it is open.
  tick_sorter(std::filesystem::path directory, std::size_t memory_max,
              file_system& files = posix_file_system());
  tick_sorter(const tick_sorter&) = delete;
  tick_sorter& operator=(const tick_sorter&) = delete;
  ~tick_sorter();

  /// Takes a tick, in any order; no two agree in effective time, source and position.
  result<void> push(const tick& t);

  /// Whatever was pushed, in order. Called once.
  result<std::shared_ptr<const sorted_ticks>> finish();

private:
  struct sort_key {
    timestamp effective_time{};
    source_id source{};
    source_position position{};
    std::uint32_t place = 0; ///< in gathered_
    friend auto operator<=>(const sort_key&, const sort_key&) = default;
  };

  result<void> end_run();
  void sort_gathered();
  result<void> store(sorted_run& run);
  result<void> open_file();

  std::filesystem::path directory_;
  std::size_t memory_max_;
  file_system& files_;
  std::vector<tick> gathered_;
  std::vector<sort_key> order_; ///< its memory is used again
  std::size_t in_memory_ = 0;   ///< bytes
  std::vector<sorted_run> runs_;
  log_file file_;
  std::uint64_t file_bytes_ = 0;
  std::vector<char> packed_;
  ZSTD_CCtx_s* compressor_;
};

} // namespace tickmesh
