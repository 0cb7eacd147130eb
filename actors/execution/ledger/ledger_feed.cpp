#include "actors/execution/ledger/ledger_feed.hpp"

#include "messages/overloaded.hpp"

#include <cassert>

namespace tickmesh {

std::uint64_t last_event_of(const ledger_task& task) {
  return std::visit(overloaded{[](const write_ledger& rows) { return rows.changes.through; },
                               [](const rebuild_ledger& wanted) { return wanted.through; }},
                    task);
}

ledger_feed::ledger_feed(trading_state& trading, std::uint64_t rows_held_max)
    : trading_(trading), rows_held_max_(rows_held_max), rebuilt_(trading.last_event()) {}

std::optional<ledger_task> ledger_feed::next() {
  if (has_finished_) return std::nullopt;
  if (keeps_ && trading_.changes_kept() + sent_ > rows_held_max_) fall_behind(outcome::overflow);
  if (busy_ != task::none) return std::nullopt;
  if (is_behind_) return begin_rebuild();
  if (trading_.changes_kept() == 0 && !is_finishing_) return std::nullopt;
  return begin_write();
}

ledger_task ledger_feed::begin_rebuild() {
  busy_ = task::rebuild;
  goal_ = trading_.last_event();
  if (is_finishing_ || goal_ - rebuilt_ <= rows_held_max_) {
    keeps_ = true;
    is_behind_ = false;
    trading_.keep_changes(true);
  }
  return rebuild_ledger{goal_, is_finishing_};
}

ledger_task ledger_feed::begin_write() {
  busy_ = is_finishing_ ? task::final_write : task::write;
  if (is_finishing_) trading_.note_all_positions();
  write_ledger out{.changes = trading_.take_changes(), .is_final = is_finishing_};
  sent_ = out.changes.size();
  counts_.rows += sent_;
  return out;
}

void ledger_feed::answered(bool done) {
  assert(busy_ != task::none);
  auto was = std::exchange(busy_, task::none);
  sent_ = 0;
  if (!done) {
    ++counts_.failures;
    rebuilt_ = 0;
    fall_behind(outcome::failure);
    // What was asked for after the end is not asked for again.
    has_finished_ = is_finishing_ && was != task::write;
    return;
  }
  if (was == task::rebuild) rebuilt_ = goal_;
  if (was == task::final_write) has_finished_ = is_complete_ = true;
  if (was_behind_ && !is_behind_) {
    was_behind_ = false;
    outcome_ = outcome::caught_up;
  }
}

void ledger_feed::lost() {
  trading_.keep_changes(false);
  keeps_ = false;
  has_finished_ = true;
}

std::optional<write_ledger> ledger_feed::leave() {
  bool can_write = keeps_ && !has_finished_ && busy_ != task::rebuild;
  if (!can_write || trading_.changes_kept() == 0) return std::nullopt;
  return write_ledger{.changes = trading_.take_changes(), .is_final = true};
}

void ledger_feed::fall_behind(outcome why) {
  if (why == outcome::overflow) ++counts_.overflows;
  if (!was_behind_) outcome_ = why; // said once a burst
  was_behind_ = is_behind_ = true;
  keeps_ = false;
  trading_.keep_changes(false);
}

} // namespace tickmesh
