// The durable event log of an execution slot: records of consecutive events, appended by one
// thread, synced by another, never rewritten. Read by journal_reader, checked by verify_journal.
//
//   DIRECTORY/events-000000000001.journal   records; the name has the first event's number
//   DIRECTORY/state                         what must be there: journal_state.hpp
#pragma once

#include "actors/execution/journal/journal_record.hpp"
#include "actors/execution/journal/journal_state.hpp"
#include "messages/numbers.hpp"
#include "messages/result.hpp"
#include "runtime/log/log_segment.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tickmesh {

struct journal_options {
  std::filesystem::path directory; ///< of one slot on one host; made when absent
  /// A file that has reached this is not appended to any more.
  std::uint64_t segment_bytes_max = 64 << 20;
  /// After a power cut, the records from the first damaged one on are dropped even when intact ones
  /// follow it, unless the damaged one is known to have been synced.
  bool cut_unsynced = false;
};

/// What opening a journal found and did.
struct journal_recovery {
  std::uint64_t records_read = 0; ///< records that were checked
  std::uint64_t bytes_cut = 0;    ///< of incomplete records at the end
  std::vector<std::string> notes; ///< one sentence for each thing that was repaired
};

/// A record that `append` has taken is in the kernel: it survives the process, and after a later
/// `sync` also the loss of power. One thread may append; `sync` and `release` may be called by
/// another meanwhile, and the questions by any.
class journal {
public:
  /// Opens or makes the journal and locks its directory for the life of the object. An incomplete
  /// end is cut off and reported. Fails when another process holds the journal, on damage or
  /// absence of a record or file that is followed by intact ones, and where records that were
  /// synced are missing; the fault names file and offset.
  static result<std::unique_ptr<journal>> open(const journal_options& options,
                                               file_system& files = posix_file_system());
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  const journal_recovery& recovery() const { return report_; }
  const std::filesystem::path& directory() const { return options_.directory; }
  file_system& files() const { return files_; } ///< that the directory is in

  /// Appends a record in one write; its first event is last_event() + 1. Fails on an older epoch
  /// than last_writer(). After a fault of the disk the journal is as it was before, and a later
  /// append may succeed.
  result<void> append(const journal_record& record);

  /// Makes all that was appended before the call survive the loss of power; returns the last such
  /// event. After a fault nothing more is appended or synced: what is on disk is unknown.
  result<std::uint64_t> sync();

  /// Appends no more to the file at hand: the next record begins another one. By the appender.
  void begin_file();

  /// Removes whole files that hold no event after `needed_after`, oldest first, but never the
  /// newest file. Returns how many.
  result<std::size_t> release(std::uint64_t needed_after);

  std::uint64_t first_event() const;  ///< the first that is kept; last_event() + 1 when none is
  std::uint64_t last_event() const;   ///< 0 when the journal is empty
  std::uint64_t synced_event() const; ///< the last one known to survive the loss of power
  epoch last_writer() const;          ///< of the last record; 0 when the journal is empty
  /// The last event of the files that nothing is appended to any more; 0 where there are none.
  std::uint64_t sealed_event() const;

private:
  /// A file of records. `file` is open while it is appended to or not synced.
  struct segment : log_segment {
    std::uint64_t first = 0;
    std::uint64_t last = 0; ///< below `first` when there is no record
  };
  using segment_pointer = std::shared_ptr<segment>;

  /// A file as recovery found it.
  struct scanned_file {
    segment_pointer records;
    epoch first_writer{};
    epoch last_writer{};
    std::uint64_t synced = 0;     ///< the highest event that a record says is synced
    std::uint64_t file_bytes = 0; ///< more than those of the records: the rest is damaged
    bool followed = false;        ///< an intact record stands behind the damage
  };
  /// Where the intact records end.
  struct damage {
    std::size_t files_kept = 0; ///< of the scanned ones
    bool cuts_last = false;     ///< the last file kept ends with what is no whole record
    std::string what{};
    bool followed = false; ///< by intact records
  };

  journal(journal_options options, file_system& files);

  std::filesystem::path path_of(std::uint64_t first_event) const;
  result<void> check(const journal_record& record) const;
  result<void> rotate(std::uint64_t first_event);
  result<void> sync_segments(const std::vector<segment_pointer>& dirty, bool names_changed,
                             std::uint64_t upto);
  void close_synced();

  // Recovery: journal_recovery.cpp.
  result<void> recover();
  result<std::vector<std::uint64_t>> list_files();
  result<scanned_file> scan(std::uint64_t first_event);
  result<void> check_writers(const std::vector<scanned_file>& found) const;
  std::optional<damage> find_damage(const std::vector<scanned_file>& found);
  result<void> refuse_or_cut(std::vector<scanned_file>& found, const damage& where);
  result<void> cut(std::vector<scanned_file>& found, const damage& where);
  result<void> adopt(std::vector<scanned_file>& found);

  journal_options options_;
  file_system& files_;
  log_file directory_; ///< holds the lock
  journal_recovery report_;
  std::string buffer_;       ///< of the appender
  segment_pointer current_;  ///< of the appender; the last of segments_
  bool begins_file_ = false; ///< the same: with the next record

  std::mutex keeping_; ///< held by whoever syncs or releases

  mutable std::mutex mutex_; ///< of what follows; never held across a system call
  std::deque<segment_pointer> segments_;
  bool names_changed_ = true; ///< a file was made since the directory was synced
  journal_state state_;
  std::uint64_t last_ = 0;
  std::uint64_t synced_ = 0;
  epoch last_writer_{};
  std::optional<fault> failed_; ///< after a sync that failed
};

} // namespace tickmesh
