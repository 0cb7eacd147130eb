// Where a symbol's calculator was when it crashed, and what that leads to. Plain classes behind
// calc_slot and factor_calculator.
#pragma once

#include "messages/numbers.hpp"
#include "messages/tick.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tickmesh {

/// A slot's counts of this name, with a symbol behind it, are the number of its first tick that is
/// not calculated; 0 where a time mark could not close its windows.
inline constexpr const char* quarantine_prefix = "quarantined/";

/// The ticks that a calculator was about to take, or the time mark that it was moving on to.
struct crash_place {
  bool is_mark = false; ///< the windows up to `mark` were to be closed, and no tick taken
  timestamp mark{};
  epoch data_epoch{};       ///< of the ticks
  sequence first{};         ///< number of the first one
  sequence last{};          ///< and of the last: the same where it is known which tick it was
  source_position record{}; ///< of that one

  /// Whether `other` is this place, or in it.
  bool covers(const crash_place& other) const {
    if (is_mark || other.is_mark) return is_mark == other.is_mark && mark == other.mark;
    return data_epoch == other.data_epoch && first <= other.first && other.last <= last;
  }
  friend bool operator==(const crash_place&, const crash_place&) = default;
};

/// `tick 40 (record 1234 of its source)`, for people.
std::string format_place(const crash_place& at);

/// What a calculator that is started again has to know of those before it.
struct crash_history {
  std::optional<crash_place> last;    ///< there it crashed once: to be taken step by step
  std::optional<crash_place> stop_at; ///< there it crashed again: nothing is calculated from there
};

/// The crashes of a slot's calculators: one that crashes again where it has crashed puts its symbol
/// into quarantine.
class crash_judge {
public:
  enum class verdict {
    start_again, ///< its first crash there
    quarantine,  ///< its second one
  };

  verdict note(symbol_id symbol, const crash_place& at) {
    auto& history = histories_[symbol];
    if (history.last && history.last->covers(at)) {
      if (!history.stop_at) ++quarantined_;
      history.stop_at = at;
      return verdict::quarantine;
    }
    history.last = at;
    return verdict::start_again;
  }

  /// Null where it has not crashed.
  const crash_history* find(symbol_id symbol) const {
    auto found = histories_.find(symbol);
    return found == histories_.end() ? nullptr : &found->second;
  }

  /// How many symbols are in quarantine.
  std::uint64_t quarantined() const { return quarantined_; }

private:
  std::map<symbol_id, crash_history> histories_;
  std::uint64_t quarantined_ = 0;
};

} // namespace tickmesh
