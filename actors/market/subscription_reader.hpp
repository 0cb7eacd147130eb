// What a subscription is sent, read from the tick log's files: sealed blocks first, then record
// after record, and blocks again where it has fallen behind the write-ahead files that are kept.
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
  /// are missing.
  subscription_reader(std::filesystem::path log, const std::vector<wanted_ticks>& wanted,
                      record_number after, file_system& files = posix_file_system());

  /// Reads on in the records up to `accepted`: about `ticks_max` ticks or what one look at the
  /// files gives, which may be none. Nothing is left when out.position is `accepted`. Fails on
  /// damage and read errors.
  result<void> next(record_number accepted, std::uint64_t ticks_max, ticks_portion& out);

private:
  /// A sealed segment whose blocks are to be given.
  struct sealed_span {
    std::filesystem::path file;
    record_number first{};
    record_number last{};
  };

  result<void> find_sealed(record_number accepted);
  result<void> take_sealed(ticks_portion& out);
  result<void> open_sealed(const std::filesystem::path& file);
  result<void> take_records(record_number accepted, std::uint64_t ticks_max, ticks_portion& out);
  result<void> take_run(const tick_run_view& run, ticks_portion& out);
  void append_ticks(std::span<const tick> ticks, epoch data_epoch, ticks_portion& out);
  bool is_sealed(record_number number) const;

  std::filesystem::path root_;
  file_system& files_;
  record_tail tail_;
  std::map<symbol_id, sequence> next_; ///< of each wanted symbol, the first number not given yet
  record_number position_{};
  timestamp time_mark_{};
  bool final_ = false;

  bool look_for_sealed_ = false;
  record_number missing_{};        ///< the last record that was in no write-ahead file
  std::vector<sealed_span> spans_; ///< all sealed segments that were found
  std::deque<sealed_span> unread_; ///< those that are to be given
  record_number behind_sealed_{};  ///< position_ once they have been
  std::optional<sealed_reader> open_;
  std::deque<block_entry> blocks_; ///< wanted ones of the open segment
  std::string block_bytes_;
  tick_block_reader block_;
  std::map<symbol_id, tick_run_encoder> encoders_;
  tick_frame_view view_;
};

} // namespace tickmesh
