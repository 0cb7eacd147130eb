// Notices symbols that have gone mute while they trade: a source may stay connected, and a quiet
// lunch is no fault. Plain class behind data_slot.
#pragma once

#include "messages/numbers.hpp"
#include "messages/session_calendar.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tickmesh {

class silence_monitor {
public:
  struct mute_symbol {
    symbol_id symbol{};
    timestamp since{}; ///< of its last tick, or when the watch began
  };

  /// `limit` is open session time without a tick, up to which a symbol is not mute; 0: nothing is
  /// watched.
  silence_monitor(std::size_t symbols, nanoseconds limit);

  /// Watches a symbol. Several may share a calendar; null: always open.
  void watch(symbol_id symbol, std::shared_ptr<session_calendar> sessions);

  bool is_on() const { return !watched_.empty(); }

  /// The symbol's last tick; symbols that are not watched may be given, too.
  void spoke(symbol_id symbol, timestamp event_time) { last_spoken_[symbol.value] = event_time; }

  /// True once a second of the source's time marks.
  bool is_due(timestamp time_mark) const { return is_on() && time_mark >= next_judgement_; }

  /// The symbols that have become mute by `time_mark`; each once until it has spoken again.
  /// Symbols that have not spoken yet count from the first call.
  std::vector<mute_symbol> judge(timestamp time_mark);

  /// Symbols that are mute, as of the last judgement.
  std::uint64_t silent_now() const { return silent_now_; }

  /// Symbols that became mute, so far.
  std::uint64_t alarms() const { return alarms_; }

private:
  struct watched_symbol {
    symbol_id symbol{};
    std::shared_ptr<session_calendar> sessions;
    timestamp judged_from{}; ///< the last tick that `mute_after` belongs to
    timestamp mute_after{};
    bool alarmed = false; ///< since judged_from
  };

  nanoseconds limit_;
  std::vector<timestamp> last_spoken_; ///< by symbol; 1970-01-01: not yet
  std::vector<watched_symbol> watched_;
  timestamp next_judgement_{};
  timestamp watched_since_{};
  std::uint64_t silent_now_ = 0;
  std::uint64_t alarms_ = 0;
};

} // namespace tickmesh
