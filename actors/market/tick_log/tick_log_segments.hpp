// The inside of tick_log: its segments, what is open, synced, sealed and kept. tick_log.hpp says
// what the functions promise.
//
// Locks: `keeper_` is held by whoever syncs, seals, releases or drops; `mutex_`, always briefly and
// never across a system call, by whoever touches the members.
#pragma once

#include "actors/market/tick_log/log_state.hpp"
#include "actors/market/tick_log/segment_sealer.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "actors/market/tick_log/wal_segment.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <set>

namespace tickmesh {

/// Name of a day's directory that is being removed.
inline constexpr std::string_view dropped_suffix = ".dropped";

class tick_log_segments {
public:
  tick_log_segments(tick_log_options options, file_system& files);

  result<void> recover(); ///< tick_log_recovery.cpp

  const recovery_report& report() const { return report_; }
  result<void> start_after(record_number number, epoch writer);
  result<void> append(const log_record& record);
  result<record_number> sync();
  record_number last_record() const;
  record_number synced_record() const;
  record_number first_record() const;
  std::vector<std::int32_t> days() const;
  std::optional<epoch> epoch_of(record_number number) const;
  std::optional<record_number> last_record_of(epoch limit) const;
  result<read_state> read(record_number after, std::size_t bytes_max, record_batch& out) const;
  result<void> truncate(record_number keep);
  void close_day(std::int32_t trading_day);
  void close_days_before(std::int32_t trading_day);
  result<bool> seal_next();
  result<std::size_t> release(record_number needed_after);
  result<std::vector<std::int32_t>> drop_days_before(std::int32_t trading_day,
                                                     record_number needed_after);

private:
  using segment_pointer = std::shared_ptr<wal_segment>;

  /// A write-ahead file as recovery found it.
  struct scanned_file {
    segment_pointer segment;
    std::vector<std::pair<record_number, record_number>> stretches; ///< consecutive numbers
    std::vector<std::pair<epoch, record_number>> writers;           ///< first record of each epoch
    record_number synced{};       ///< the highest that a record says is synced
    std::uint64_t file_bytes = 0; ///< more than the segment's: the rest is damaged
    bool followed = false;        ///< an intact record stands behind the damage
  };

  std::filesystem::path day_path(std::int32_t trading_day) const;
  result<void> check(const log_record& record) const;
  result<segment_pointer> segment_for(const log_record& record, std::size_t bytes);
  result<void> sync_locked();
  std::optional<epoch> epoch_locked(record_number number) const;

  // Recovery.
  result<void> lock_root();
  result<void> scan_days();
  result<void> scan_day(std::int32_t trading_day);
  result<scanned_file> scan_file(std::int32_t trading_day, record_number first);
  result<void> remove_dropped(const std::string& name);
  result<void> check_sealed(std::int32_t trading_day, const std::vector<std::string>& names);
  result<void> check_numbers();
  result<void> refuse_or_cut(const std::string& where, bool followed);
  /// Removes the records after `keep` from all files. `scanned_` then holds what is left.
  result<void> cut_files(record_number keep);
  result<void> cut_segment(const segment_pointer& segment, record_number keep);
  void open_last_segments();
  result<void> adopt_files();

  tick_log_options options_;
  file_system& files_;
  log_file root_; ///< holds the lock
  recovery_report report_;
  std::vector<scanned_file> scanned_; ///< only while recovering

  mutable std::mutex keeper_;
  segment_sealer sealer_;

  mutable std::mutex mutex_;
  log_state state_;
  record_number last_{};
  epoch last_writer_{};
  record_number synced_{};
  std::map<record_number, segment_pointer> segments_;          ///< by first record
  std::map<std::int32_t, segment_pointer> open_;               ///< by day
  std::map<std::int32_t, std::vector<sealed_segment>> sealed_; ///< every day has a place
  std::vector<std::pair<epoch, record_number>> writers_;       ///< first record of each epoch
  std::set<std::filesystem::path> unsynced_directories_;
  std::optional<fault> failed_; ///< after a sync that failed
  std::string buffer_;          ///< of the appender
};

} // namespace tickmesh
