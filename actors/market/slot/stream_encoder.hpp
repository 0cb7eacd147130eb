// One symbol's records on their owner: cleaned, numbered, encoded, and sampled for execution. Plain
// class behind symbol_stream.
#pragma once

#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/feed/clean_batch.hpp"
#include "actors/market/market_settings.hpp"
#include "messages/tick_run.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

struct stream_encoder_options {
  symbol_id symbol{};
  bool known = true;            ///< there is an instrument entry
  cleaning_settings cleaning{}; ///< the symbol's, see limits_of()
  nanoseconds mark_interval{};  ///< 0: execution is sent every tick, and no marks
  bool is_clean = false;        ///< the records have been cleaned and numbered before
  epoch data_epoch = first_data_epoch;
};

class stream_encoder {
public:
  explicit stream_encoder(const stream_encoder_options& options);

  /// Rebuilds the state from the newest logged ticks, oldest first; the mark of the last one is
  /// left pending in `out`.
  void restore(std::span<const tick> logged, clean_batch& out);

  /// Takes the next records, which it numbers in place; fills `out`.
  void take(std::vector<tick>& records, std::int64_t ingest_ns, clean_batch& out);

  /// Takes records whose ticks are in the log: only the state and the pending mark change.
  void take_history(std::vector<tick>& records, clean_batch& out);

private:
  void clean(std::vector<tick>& records, clean_batch& out);
  void sample(std::span<const tick> accepted, std::int64_t ingest_ns, clean_batch& out);

  stream_encoder_options options_;
  tick_cleaner cleaner_;
  tick_run_encoder run_encoder_;
  tick_run_encoder mark_encoder_;
  tick_run_encoder rejected_encoder_;
  std::vector<tick> rejected_;
  std::vector<reject_reason> reasons_; ///< of rejected_
  std::vector<tick> marks_;
  timestamp pending_until_{}; ///< end of the interval of the last tick; 0: none
};

} // namespace tickmesh
