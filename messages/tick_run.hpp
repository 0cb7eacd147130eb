// Encoded ticks: runs of one symbol in columns, and the frames that hold them. Runs are encoded
// once, by the symbol stream; links, logs and replicas copy the bytes; readers decode the columns
// that they need.
#pragma once

#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// The columns of a run, in the order of market.proto.
enum class tick_column : std::uint8_t {
  event_time,    ///< UTC ns
  effective_lag, ///< effective time - event time, ns
  kind,
  aggressor,
  source,
  position,
  record_id,
  trading_day,
  last, ///< 1e-8, as all prices and quantities
  volume,
  cumulative_volume,
  turnover,      ///< low 64 bits
  turnover_high, ///< high 64 bits
  open_interest,
  bid,
  bid_volume,
  ask,
  ask_volume,
  number_lag, ///< number - (first_number + row); 0 but in marks
};
inline constexpr std::size_t tick_column_count = 19;

/// Encodes the runs of one symbol. Remembers the unit that fitted each column last, so that a price
/// that moves by whole price ticks takes a byte. What it remembers changes the bytes, never what
/// they decode to.
class tick_run_encoder {
public:
  tick_run_encoder();

  /// Appends one `runs` field (or the field of the given number) of a TickFrame: ticks of one
  /// symbol with rising numbers, at least one.
  void append(std::string& out, std::span<const tick> ticks, epoch data_epoch,
              std::int64_t ingest_ns, int field = 1);

private:
  std::array<std::uint64_t, tick_column_count> units_;
  std::vector<std::int64_t> scratch_;
};

/// A run inside a frame's bytes; nothing is decoded yet.
struct tick_run_view {
  symbol_id symbol{};
  epoch data_epoch{};
  sequence first_number{};
  std::uint32_t count = 0;
  std::int64_t ingest_ns = 0;
  std::string_view columns;
  std::string_view field; ///< the whole field with its tag, to be copied into another frame

  /// Writes one column's values to `out`, which has `count` places. Fails on malformed bytes and
  /// on values that the column's type does not have.
  result<void> decode(tick_column column, std::span<std::int64_t> out) const;

  /// Appends all ticks, complete but for `source_mark`. Fails as decode does.
  result<void> decode_ticks(std::vector<tick>& out) const;
};

/// What a frame holds; its views point into the bytes it was read from.
struct tick_frame_view {
  std::vector<tick_run_view> runs;
  std::vector<tick_run_view> marks;       ///< what execution marks its books with; in log records
  std::vector<std::string_view> rejected; ///< RejectedRun messages; in log records
  std::string_view totals;                ///< a SlotTotals message; in log records
  std::uint64_t ticks = 0;                ///< in runs
  timestamp time_mark{};
  bool final = false;
};

/// Reads the outline of a TickFrame into `out`, whose memory is used again. Checks every length,
/// and that runs have at least one tick and not more than `ticks_max` in total. Later scalars win,
/// so that concatenated frames read as one.
result<void> read_tick_frame(std::string_view bytes, tick_frame_view& out,
                             std::size_t ticks_max = 1 << 20);

} // namespace tickmesh
