// Encoded ticks: runs of one symbol in columns, and the frames that hold them. Runs are encoded
// once, by the symbol stream; links, logs and replicas copy the bytes; readers decode the columns
// that they need.
#pragma once

#include "messages/result.hpp"
#include "messages/tick.hpp"

#include <array>
#include <cstdint>
#include <map>
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
  /// Appends one `runs` field (or the field of the given number) of a TickFrame: ticks of one
  /// symbol with rising numbers, at least one.
  void append(std::string& out, std::span<const tick> ticks, epoch data_epoch,
              std::int64_t ingest_ns, int field = 1);

private:
  std::array<std::uint64_t, tick_column_count> units_{};
  std::uint32_t runs_ = 0;
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

  /// Fails unless the columns have the lengths that they say.
  result<void> check() const;

  /// Writes one column's values to `out`, which has `count` places. Fails on malformed bytes and
  /// on values that the column's type does not have.
  result<void> decode(tick_column column, std::span<std::int64_t> out) const;

  /// The same for several columns: `out` has `count` places for each, column after column.
  result<void> decode(std::span<const tick_column> wanted, std::span<std::int64_t> out) const;

  /// One value of a column; `row` is below `count`. Fails as decode does.
  result<std::int64_t> value(tick_column column, std::size_t row) const;

  /// True when all values of the column are 0, as those of `kind` are in a run of snapshots.
  bool is_zero(tick_column column) const {
    return columns[static_cast<std::size_t>(column)] == '\0';
  }

  /// Appends all ticks, complete but for `source_mark`. Fails as decode does.
  result<void> decode_ticks(std::vector<tick>& out) const;
};

/// Where the columns of a run begin, found once for all single values that are read from it.
class column_places {
public:
  explicit column_places(const tick_run_view& run);

  /// As tick_run_view::value, of the run that the places were found in.
  result<std::int64_t> value(const tick_run_view& run, tick_column column, std::size_t row) const;

private:
  std::array<std::uint32_t, tick_column_count> begin_{};
  bool is_valid_ = false;
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

/// A RejectedRun: records, without number and effective time, and why each was rejected.
struct rejected_run_view {
  tick_run_view records;
  std::string_view reasons; ///< a reject_reason for each record

  reject_reason reason(std::size_t row) const { return static_cast<reject_reason>(reasons[row]); }
};

/// What a data slot had done up to and with a record of its log, since the log began.
struct slot_totals {
  std::uint64_t records_in = 0;
  std::uint64_t accepted = 0;
  reject_counts rejected{};
  std::map<source_id, source_position> positions{}; ///< of a live source: read up to here
  friend bool operator==(const slot_totals&, const slot_totals&) = default;
};

/// Appends a `rejected` field of a TickFrame. `reasons` has one for each tick.
void append_rejected_run(std::string& out, tick_run_encoder& encoder, std::span<const tick> ticks,
                         std::span<const reject_reason> reasons, std::int64_t ingest_ns);

/// Appends the `totals` field of a TickFrame.
void append_slot_totals(std::string& out, const slot_totals& totals);

/// Reads what tick_frame_view::rejected holds one of. Fails on malformed bytes, and unless each
/// record has a reason.
result<rejected_run_view> read_rejected_run(std::string_view bytes);

/// Reads what tick_frame_view::totals holds; no bytes are totals of zero.
result<slot_totals> read_slot_totals(std::string_view bytes);

/// Reads the outline of a TickFrame into `out`, whose memory is used again. Checks every length
/// of runs and marks, and that each has at least one tick and both together not more than
/// `ticks_max`. Later scalars win,
/// so that concatenated frames read as one.
result<void> read_tick_frame(std::string_view bytes, tick_frame_view& out,
                             std::size_t ticks_max = 1 << 20);

} // namespace tickmesh
