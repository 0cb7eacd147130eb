// When a tick log's appender tells the log's keeper of new records. Plain class behind data_slot
// and log_replica.
#pragma once

#include "actors/market/market_settings.hpp"
#include "actors/market/tick_log/tick_log.hpp"

namespace tickmesh {

/// Where the keeper syncs always it is told of all; else it is told once, and then again when it
/// has answered, for waking its thread at each record costs more than the record.
class keeper_notice {
public:
  explicit keeper_notice(log_durability durability = log_durability::interval)
      : always_(durability == log_durability::always) {}

  /// Records were appended up to `last`: whether to say so now.
  bool appended(record_number last) {
    if (last <= told_ || (unanswered_ && !always_)) return false;
    told_ = last;
    return unanswered_ = true;
  }

  /// The keeper has answered, and the log ends at `last`: whether there is more to say.
  bool answered(record_number last) {
    unanswered_ = false;
    return appended(last);
  }

private:
  bool always_;
  record_number told_{};
  bool unanswered_ = false;
};

} // namespace tickmesh
