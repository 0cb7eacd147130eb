// The durable, day-partitioned log of a data slot: numbered records, appended by one thread, synced
// and sealed by others. Used by the data slot (own log) and by replicas (copies). Ticks are read by
// tick_log_reader.
//
//   ROOT/state                              what may be missing, and an unfinished truncation
//   ROOT/20181008/wal-000000000001.log      records as they came; the name has the first number
//   ROOT/20181008/ticks-000000000001.blocks    the same ticks by symbol, in columns
//   ROOT/20181008/rejected-000000000001.blocks the same records' rejected ticks
//   ROOT/20181008/sealed                    the list of finished .blocks files
//   ROOT/newest.blocks                      each symbol's newest ticks of days that were dropped
#pragma once

#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "messages/tick_run.hpp"
#include "runtime/log/file_system.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// A record's place in its slot's log; the first is 1, there are no holes, 0 is "none".
using record_number = named_number<struct record_number_tag, std::uint64_t>;

struct tick_log_options {
  std::filesystem::path root; ///< of one slot on one host; made when absent
  /// A write-ahead file that has reached this is closed, and can be sealed.
  std::uint64_t segment_bytes_max = 32 << 20;
  /// Sealed write-ahead files are kept up to this in total.
  std::uint64_t wal_keep_bytes_max = std::uint64_t{1} << 30;
  /// After a power cut, the records from the first damaged one on are dropped even when intact ones
  /// follow it, unless the damaged one is known to have been synced.
  bool cut_unsynced = false;
};

/// One record. Its ticks belong to one trading day.
struct log_record {
  record_number number{};       ///< last_record() + 1
  epoch writer{};               ///< of the slot's owner that made it; never falls
  std::int32_t trading_day = 0; ///< yyyymmdd, of all its ticks; where it has none, of the slot
  std::uint32_t ticks = 0;      ///< accepted
  std::uint32_t rejected = 0;   ///< rejected
  std::string_view payload;     ///< an encoded TickFrame; at most record_bytes_max
};

/// Limit of a record's payload.
inline constexpr std::size_t record_bytes_max = 64 << 20;

/// Consecutive records as read back; the payloads point into `bytes`.
struct record_batch {
  std::vector<log_record> records;
  std::string bytes;
};

enum class read_state : std::uint8_t {
  records, ///< there is at least one
  end,     ///< nothing has been appended after the given number
  gone,    ///< records after the given number are no longer kept as records
};

/// What opening a log found and did.
struct recovery_report {
  record_number last{};           ///< the log's last record
  std::uint64_t records_read = 0; ///< records that were checked
  std::uint64_t bytes_cut = 0;    ///< of incomplete records at the end
  std::vector<std::string> notes; ///< one sentence for each thing that was repaired
};

class tick_log_segments;

/// A record that `append` has taken is in the kernel: it survives the process, and after a later
/// `sync` also the loss of power. One thread may append; `sync`, `seal_next`, `release`,
/// `drop_days_before` and the readers may be called by others meanwhile, each by one at a time.
class tick_log {
public:
  /// Opens or makes the log and locks it. An incomplete end of the log is cut off and reported.
  /// Fails when another process holds the log, and on damage or absence of a record or file that
  /// is followed by intact ones; the fault names file and offset.
  static result<tick_log> open(const tick_log_options& options,
                               file_system& files = posix_file_system());

  tick_log(tick_log&&) noexcept;
  tick_log& operator=(tick_log&&) noexcept;
  ~tick_log();

  const recovery_report& recovery() const;

  /// Lets the first record of an empty log be the one after `number`, whose epoch is `writer`.
  result<void> start_after(record_number number, epoch writer);

  /// Appends a record. After a fault the log is as it was before, and a later append may succeed.
  result<void> append(const log_record& record);

  /// Makes all that was appended before the call survive the loss of power; returns the last such
  /// record. After a fault nothing more is appended or synced: what is on disk is unknown.
  result<record_number> sync();

  record_number last_record() const;   ///< 0 when the log is empty
  record_number synced_record() const; ///< the last one known to survive the loss of power
  record_number first_record() const;  ///< the first that `read` can give; last + 1 when none

  std::vector<std::int32_t> days() const; ///< trading days that have files, in order

  /// Of a record that `read` can give, and of the one before.
  std::optional<epoch> epoch_of(record_number number) const;
  /// The last record whose epoch is not above `limit`; nothing when that is older than what is
  /// kept.
  std::optional<record_number> last_record_of(epoch limit) const;

  /// Reads the records after `after` into `out`, whose memory is used again: at least one if there
  /// is one, and no more than fit into `bytes_max` otherwise.
  result<read_state> read(record_number after, std::size_t bytes_max, record_batch& out) const;

  /// The totals in the last record; zeros when the log is empty.
  result<slot_totals> last_totals() const;

  /// Drops all records after `keep`, which must not be older than first_record() - 1. The caller
  /// sees to it that nobody appends, syncs or seals meanwhile.
  result<void> truncate(record_number keep);

  /// No more records of that day are expected: its write-ahead file can be sealed. By the appender.
  void close_day(std::int32_t trading_day);
  /// The same of all earlier days. A record of one that comes all the same begins a new file.
  void close_days_before(std::int32_t trading_day);

  /// Seals the oldest closed write-ahead file; false when there is none.
  result<bool> seal_next();

  /// Removes sealed write-ahead files, oldest first, as long as they exceed `wal_keep_bytes_max`
  /// and hold no record after `needed_after`. Returns how many.
  result<std::size_t> release(record_number needed_after);

  /// Removes whole days before `trading_day`, oldest first, up to the first one that is not
  /// completely sealed, holds the last record or one after `needed_after`. The newest ticks of each
  /// symbol stay (see newest_ticks). Returns the days.
  result<std::vector<std::int32_t>> drop_days_before(std::int32_t trading_day,
                                                     record_number needed_after);

private:
  explicit tick_log(std::unique_ptr<tick_log_segments> segments);

  std::unique_ptr<tick_log_segments> segments_;
};

} // namespace tickmesh
