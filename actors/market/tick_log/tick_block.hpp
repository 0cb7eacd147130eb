// A block: up to a few thousand ticks of one symbol, each column coded by itself, under a checksum.
// Made by segment_sealer, read by tick_log_reader.
#pragma once

#include "actors/market/tick_log/column_codec.hpp"
#include "actors/market/tick_log/column_kernels.hpp"
#include "messages/result.hpp"
#include "messages/tick.hpp"
#include "messages/tick_run.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// The columns of a block: those of a run, and the data epoch. In place of `number_lag` a reader
/// has the number itself.
inline constexpr auto block_number_column = static_cast<std::size_t>(tick_column::number_lag);
inline constexpr std::size_t block_epoch_column = tick_column_count;
inline constexpr std::size_t block_column_count = tick_column_count + 1;

/// Ticks of a block; more only where one run has more.
inline constexpr std::size_t block_ticks_max = 4096;
/// Of any block: no frame has a longer run (read_tick_frame).
inline constexpr std::size_t block_count_max = 1 << 20;

/// Gathers runs of one symbol and encodes them as a block. For one thread; keeps its memory.
class tick_block_builder {
public:
  bool empty() const { return count_ == 0; }
  void clear() { count_ = 0; }
  std::size_t count() const { return count_; }
  bool fits(std::size_t ticks) const { return count_ == 0 || count_ + ticks <= block_ticks_max; }

  /// Adds a run, of the same symbol as the others of the block, whose lengths were checked
  /// (tick_run_view::check). Fails on malformed columns.
  result<void> add(const tick_run_view& run);

  /// Of a tick in the block; `row` is below count().
  sequence number(std::size_t row) const;
  std::int64_t effective_ns(std::size_t row) const; ///< UTC

  /// Appends the block's bytes and starts the next block.
  void finish(symbol_id symbol, std::string& out);

private:
  /// Values are only written once they differ, as most columns' never do.
  struct column {
    std::int64_t constant = 0; ///< of all rows unless `filled`
    bool filled = false;
    std::vector<std::int64_t> values;

    std::int64_t at(std::size_t row) const { return filled ? values[row] : constant; }
    /// Makes place for rows up to `end`, and writes the `begin` rows that there are.
    void fill(std::size_t begin, std::size_t end);
    void add_constant(std::int64_t value, std::size_t begin, std::size_t end);
  };

  column& of(tick_column c) { return columns_[static_cast<std::size_t>(c)]; }
  /// The column's values, written if they were not.
  std::span<std::int64_t> values_of(tick_column c);
  result<void> add_packed(column& to, std::uint8_t descriptor, const char* bytes, std::size_t end);
  /// Takes the marks of absent prices out; false when all are absent.
  bool take_absent(std::size_t which);
  turnover_model subtract_turnover();
  std::uint64_t subtract_predictions(std::span<const bool> present);

  std::array<column, block_column_count> columns_;
  std::array<std::vector<std::int64_t>, 3> absent_; ///< bits of absent prices
  sequence first_number_{};
  std::size_t count_ = 0;
  std::string coded_;
  column_encoder encoder_;
};

/// A block's columns, decoded when asked for. For one thread; keeps its memory.
class tick_block_reader {
public:
  /// Takes a block's bytes, which must stay. Fails when the checksum or a length is wrong.
  result<void> read(std::string_view bytes);

  symbol_id symbol() const { return symbol_; }
  std::size_t count() const { return count_; }

  /// One value a tick. Fails on malformed bytes.
  result<std::span<const std::int64_t>> column(std::size_t index);
  result<std::span<const std::int64_t>> column(tick_column c) {
    return column(static_cast<std::size_t>(c));
  }
  /// Event time plus lag, UTC ns.
  result<std::span<const std::int64_t>> effective_times();

  /// Appends the ticks of rows [begin, end), complete but for `source_mark`.
  result<void> append_ticks(std::size_t begin, std::size_t end, std::vector<tick>& out);

private:
  enum class column_state : std::uint8_t { coded, filled, complete };

  /// Decodes a column and what it is coded against; absent prices are filled in.
  result<void> prepare(std::size_t index);

  symbol_id symbol_{};
  std::size_t count_ = 0;
  std::uint64_t predictions_ = 0; ///< bits; see tick_block.cpp
  std::uint64_t first_number_ = 0;
  turnover_model turnover_;
  std::array<std::string_view, 3> absent_;
  std::array<std::string_view, block_column_count> coded_;
  std::array<std::vector<std::int64_t>, block_column_count> columns_;
  std::array<column_state, block_column_count> state_{};
  std::array<std::vector<std::int64_t>, 3> prices_; ///< with the absent ones marked
  std::vector<std::int64_t> words_;
  std::vector<std::int64_t> effective_;
  bool effective_decoded_ = false;
  column_decoder decoder_;
};

/// Bytes of a block's header: checksum, then the length of all that follows the length.
inline constexpr std::size_t block_header_bytes = 12;

} // namespace tickmesh
