// What the risk checker has the ledger's keeper do next: rows of what changed while the keeper
// keeps up, and otherwise to make up from the journal what was not sent. Plain class.
//
//   pushing: changes are kept, and sent whenever the keeper is idle
//      |  more than rows_held_max, or the keeper failed: what is kept is forgotten
//      v
//   catching up: nothing is kept; the keeper goes through the journal to the last event, and again,
//      |         until it is less than rows_held_max events behind
//      v
//   pushing, from the event on that the keeper goes up to
#pragma once

#include "actors/execution/trading/trading_state.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace tickmesh {

/// Adds rows.
struct write_ledger {
  trading_changes changes;
  bool is_final = false; ///< nothing follows
};
/// Makes up all changes through an event, from the journal.
struct rebuild_ledger {
  std::uint64_t through = 0;
  bool is_final = false; ///< the log has ended
};
using ledger_task = std::variant<write_ledger, rebuild_ledger>;

/// The last event that the task is about; the journal must have it first.
std::uint64_t last_event_of(const ledger_task& task);

class ledger_feed {
public:
  enum class outcome : std::uint8_t { none, overflow, failure, caught_up };

  /// Begins by a rebuild through the state's last event, which the keeper need not go through when
  /// the ledger has it. Precondition: the journal has the events that the state has. `trading`
  /// outlives this.
  ledger_feed(trading_state& trading, std::uint64_t rows_held_max);

  /// What the keeper is to do now; nothing while it is busy, and when there is nothing. To be asked
  /// after each batch of events, and after each answer.
  std::optional<ledger_task> next();
  /// The keeper's answer to the last task.
  void answered(bool done);
  /// The keeper is gone: nothing is sent any more.
  void lost();
  /// The log is left before its end: the last rows, unless they have to be made up.
  std::optional<write_ledger> leave();

  /// The log has ended: what is left is sent, and all positions.
  void finish() { is_finishing_ = true; }
  /// After finish(): nothing is left, or it could not be written.
  bool is_done() const { return has_finished_; }
  /// What the last call of next() or answered() met that a person may want to know; once.
  outcome take_outcome() { return std::exchange(outcome_, outcome::none); }
  /// Everything was written. After is_done().
  bool is_complete() const { return is_complete_; }

  const ledger_counts& counts() const { return counts_; }

private:
  enum class task : std::uint8_t { none, write, final_write, rebuild };

  void fall_behind(outcome why);
  ledger_task begin_rebuild();
  ledger_task begin_write();

  trading_state& trading_;
  std::uint64_t rows_held_max_;
  task busy_ = task::none;
  std::uint64_t sent_ = 0;  ///< rows that the keeper has
  std::uint64_t goal_ = 0;  ///< event of the rebuild that is under way
  std::uint64_t rebuilt_;   ///< event to which the last one came
  bool is_behind_ = true;   ///< a rebuild is needed
  bool keeps_ = false;      ///< changes
  bool was_behind_ = false; ///< and has not said that it is not any more
  bool is_finishing_ = false;
  bool has_finished_ = false;
  bool is_complete_ = false;
  outcome outcome_ = outcome::none;
  ledger_counts counts_;
};

} // namespace tickmesh
