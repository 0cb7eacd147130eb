// Writes the records of complete rounds to the tick log, keeps the newest in memory for links, and
// knows what the log amounts to: its totals, the days that are over, whether the stream has ended.
// Plain class behind data_slot.
#pragma once

#include "actors/market/feed/market_round.hpp"
#include "actors/market/slot/record_builder.hpp"
#include "actors/market/slot/stream_plan.hpp"
#include "actors/market/tick_log/finished_days.hpp"
#include "actors/market/tick_log/recent_records.hpp"
#include "actors/market/tick_log/tick_log.hpp"

#include <cstdint>
#include <optional>

namespace tickmesh {

struct record_writer_settings {
  std::size_t symbols = 0;     ///< of the cluster
  nanoseconds mark_interval{}; ///< of the marks for execution; 0: it is sent every tick
  std::uint64_t recent_bytes = 0;
  epoch writer{}; ///< since which this host owns the slot
  epoch formed{}; ///< since which the cluster runs
};

class record_writer {
public:
  explicit record_writer(const record_writer_settings& settings);

  /// Takes up where the log ends. Fails where its last record can't be read.
  result<void> resume(const tick_log& log);

  /// Takes up where the log ends for one symbol: a live source's stream goes on behind it.
  void resume(const stream_start& stream);

  /// Makes a record of a complete round and appends it; its number. Nothing of a round that the log
  /// has already. After a fault the log is as it was before.
  result<std::optional<record_number>> write(market_round& round, tick_log& log);

  /// Lets the keeper seal the files of days that are over.
  void close_finished_days(tick_log& log);

  const slot_totals& totals() const { return builder_.totals(); }
  timestamp time_mark() const { return builder_.time_mark(); }
  /// The stream ends with the log's last record.
  bool is_ended() const { return is_ended_; }
  const recent_records& recent() const { return recent_; }
  /// Trading days below this one are over.
  std::int32_t finished_before() const { return days_.before(); }

private:
  record_writer_settings settings_;
  record_builder builder_;
  recent_records recent_;
  finished_days days_;
  bool is_ended_ = false;
};

} // namespace tickmesh
