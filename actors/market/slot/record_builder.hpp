// Makes tick log records of complete rounds, and knows what the log amounts to so far. Plain class
// behind data_slot.
#pragma once

#include "actors/market/feed/clean_batch.hpp"
#include "actors/market/feed/feed.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "messages/result.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

class record_builder {
public:
  /// `mark_interval` as in stream_encoder_options.
  record_builder(std::size_t symbols, nanoseconds mark_interval);

  /// Goes on behind the last record of a log; fails on one that is malformed. One that ended an
  /// earlier run of a live source leaves the mark as it was logged: end_of_time behind the sender's
  /// end, until the next record comes.
  result<void> resume(const log_record& last);

  /// The record of a round; its payload is written to `payload`, which the record points to.
  /// Number and writer are left empty.
  log_record build(const round_outline& round, std::span<clean_batch> parts, std::string& payload);

  /// Takes over the marks that a batch of logged records leaves pending.
  void take_history(clean_batch& part);

  /// The same of a symbol's newest logged tick, behind `resume`: unless the log has its mark.
  void restore_mark(clean_batch& part);

  const slot_totals& totals() const { return totals_; }
  timestamp time_mark() const { return time_mark_; }
  bool ended() const { return ended_; }

private:
  struct pending_mark {
    std::string field;
    timestamp until{};
  };

  void append_marks(clean_batch& part, std::string& payload);
  void flush_marks(timestamp time_mark, std::string& payload);

  nanoseconds mark_interval_;
  std::vector<pending_mark> pending_; ///< by symbol
  std::vector<symbol_id> with_mark_;  ///< symbols whose mark may be pending
  slot_totals totals_;
  timestamp time_mark_{};
  std::int32_t trading_day_ = 0;
  bool ended_ = false;
};

} // namespace tickmesh
