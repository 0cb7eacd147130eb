// What cleaning makes of one symbol's records of one round: encoded, ready for log and links.
#pragma once

#include "messages/tick.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace tickmesh {

struct clean_batch {
  symbol_id symbol{};
  std::uint32_t accepted = 0;
  timestamp last_event_time{}; ///< of the last accepted tick
  reject_counts rejects{};
  std::string run;      ///< the accepted ticks as a `runs` field of a TickFrame
  std::string rejected; ///< the others as a `rejected` field

  // The last tick of each mark interval, for execution; empty where it is sent every tick:
  bool closes_mark = false;  ///< the mark that was pending before is final
  std::string marks;         ///< final ones, as a `marks` field
  std::string pending_mark;  ///< the newest tick, which a later one of its interval may replace
  timestamp pending_until{}; ///< when its interval ends

  /// Empties it; its memory is used again.
  void clear() {
    clean_batch empty;
    for (auto text : {&clean_batch::run, &clean_batch::rejected, &clean_batch::marks,
                      &clean_batch::pending_mark}) {
      (this->*text).clear();
      std::swap(this->*text, empty.*text);
    }
    *this = std::move(empty);
  }
};

} // namespace tickmesh
