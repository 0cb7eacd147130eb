// How far event time has come for a calculation slot: the minimum of its data slots' time marks,
// and whether windows end on the way. Plain class behind calc_slot.
#pragma once

#include "messages/slot.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace tickmesh {

class mark_merge {
public:
  /// A data slot will say how far it has come. All are added before the first mark is taken.
  void add(slot_name source) { sources_.try_emplace(source); }

  /// Windows end at the multiples of `step`.
  void close_windows_at(nanoseconds step) { window_steps_.insert(step); }

  /// No tick of `from` before `mark` follows, and none at all where `final` is true. An older mark
  /// changes nothing.
  void take(slot_name from, timestamp mark, bool final) {
    auto& source = sources_.at(from);
    source.mark = std::max(source.mark, mark);
    source.final = source.final || final;
  }

  struct advance {
    timestamp mark{};
    bool final = false;          ///< every data slot has ended
    bool closes_windows = false; ///< it passes the end of one
  };
  /// What there is to say since the last advance; nothing where time has not moved.
  std::optional<advance> take_advance() {
    auto mark = end_of_time;
    bool final = true;
    for (auto& [slot, source] : sources_) {
      mark = std::min(mark, source.mark);
      final = final && source.final;
    }
    if (mark == advanced_to_ && !final) return std::nullopt;
    bool closes = std::any_of(window_steps_.begin(), window_steps_.end(), [&](nanoseconds step) {
      return last_multiple(mark, step) > last_multiple(advanced_to_, step);
    });
    advanced_to_ = mark;
    return advance{mark, final, closes};
  }

private:
  struct source_mark {
    timestamp mark{};
    bool final = false;
  };

  std::map<slot_name, source_mark> sources_;
  std::set<nanoseconds> window_steps_;
  timestamp advanced_to_{};
};

} // namespace tickmesh
