// What a subscription is sent, read from the tick log's files: history first, day by day and mostly
// from sealed columns, then record after record, and again like history where it has fallen behind
// the write-ahead files that are kept.
#pragma once

#include "actors/market/tick_log/record_tail.hpp"
#include "actors/market/tick_log/sealed_file.hpp"
#include "messages/result.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// What is wanted of one symbol.
struct wanted_ticks {
  symbol_id symbol{};
  sequence first{}; ///< 0: whatever comes
};

/// A piece of a subscription: `runs` fields of a TickFrame. One symbol's ticks follow each other.
struct ticks_portion {
  std::string runs;
  std::uint64_t ticks = 0;
  timestamp time_mark{};    ///< 0 where nothing is known of it
  record_number position{}; ///< everything up to this record has been given
  bool final = false;       ///< nothing follows, ever
};

/// For one thread. Reads beside the writer and takes no lock.
class subscription_reader {
public:
  /// Begins behind the record `after`, or with 0 with the oldest tick that is kept. Only ticks that
  /// are wanted are given, each once. Ticks that are not kept any more are left out: their numbers
  /// are missing. The stream ends with the record that ends `run`, the epoch since which the
  /// cluster runs: those that ended earlier runs of a live source lie in the middle of its log.
  subscription_reader(std::filesystem::path log, const std::vector<wanted_ticks>& wanted,
                      record_number after, epoch run = {},
                      file_system& files = posix_file_system());

  /// Reads on in the records up to `accepted`: about `ticks_max` ticks or what one look at the
  /// files gives, which may be none. Nothing is left when out.position is `accepted`. Fails on
  /// damage and read errors.
  result<void> next(record_number accepted, std::uint64_t ticks_max, ticks_portion& out);

private:
  /// A part of the history: the records of one day that one write-ahead file has or had.
  struct segment {
    std::filesystem::path day;
    record_number first{};
    bool sealed = false;
  };

  result<void> find_history(record_number accepted);
  result<void> take_history(std::uint64_t ticks_max, ticks_portion& out);
  result<void> open_segment(const segment& next);
  result<void> take_block(ticks_portion& out);
  result<bool> take_logged(std::uint64_t ticks_max, ticks_portion& out);
  result<void> take_records(record_number accepted, std::uint64_t ticks_max, ticks_portion& out);
  result<void> take_record(const log_record& record, ticks_portion& out);
  result<void> take_run(const tick_run_view& run, ticks_portion& out);
  void append_ticks(std::span<const tick> ticks, epoch data_epoch, ticks_portion& out);

  std::filesystem::path root_;
  file_system& files_;
  epoch run_;
  record_tail tail_;
  std::map<symbol_id, sequence> next_; ///< of each wanted symbol, the first number not given yet
  record_number position_{};
  timestamp time_mark_{};  ///< of the newest record that was read
  timestamp given_mark_{}; ///< what is known to the subscriber
  bool final_ = false;
  std::map<symbol_id, tick_run_encoder> encoders_;
  tick_frame_view view_;

  // History: day by day, as no symbol's trading day goes back, and up to a record that was the last
  // accepted one when it was begun.
  bool wants_history_ = false; ///< it is to be begun
  bool in_history_ = false;
  record_number goal_{};
  std::deque<segment> segments_;
  std::optional<wal_file_reader> wal_;  ///< of the segment at hand, if it isn't sealed
  std::optional<sealed_reader> sealed_; ///< if it is
  std::deque<block_entry> blocks_;      ///< of that, wanted ones
  std::string block_bytes_;
  tick_block_reader block_;
};

} // namespace tickmesh
