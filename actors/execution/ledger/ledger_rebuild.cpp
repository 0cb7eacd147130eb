#include "actors/execution/ledger/ledger_rebuild.hpp"

#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/snapshot/find_snapshot.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"

#include <utility>

namespace tickmesh {

ledger_rebuild::ledger_rebuild(const journal_origin& origin)
    : origin_(origin), walk_(origin.directory) {}

result<std::uint64_t> ledger_rebuild::advance(trading_ledger& ledger, std::uint64_t through,
                                              std::uint64_t events_max) {
  if (!trading_)
    if (auto begun = begin(); !begun) return begun;
  if (!std::exchange(has_added_, true))
    if (auto done = add_what_was_before(ledger); !done) return tl::make_unexpected(done.error());
  auto first = last_event();
  while (last_event() < through && last_event() - first < events_max) {
    auto logged = walk_.next();
    if (!logged) return tl::make_unexpected(logged.error());
    if (*logged == nullptr) break;
    if (auto done = apply_record(*trading_, **logged, origin_.build, decisions_); !done)
      return walk_.fault_here(done.error().message);
  }
  if (auto added = ledger.add(trading_->take_changes(), trading_->universe()); !added)
    return tl::make_unexpected(added.error());
  return last_event();
}

result<void> ledger_rebuild::finish(trading_ledger& ledger) {
  trading_->note_all_positions();
  return ledger.add(trading_->take_changes(), trading_->universe());
}

result<std::uint64_t> ledger_rebuild::begin() {
  auto oldest = find_oldest_snapshot(origin_.directory);
  if (!oldest) return tl::make_unexpected(oldest.error());
  if (oldest->snapshot) {
    trading_ = std::move(oldest->trading);
    trading_->keep_changes(true);
    walk_.go_behind(last_event());
    return known_after_ = last_event();
  }
  auto first = read_first_configuration(origin_.directory);
  if (!first) return tl::make_unexpected(first.error());
  auto& found = *first;
  trading_ = std::make_unique<trading_state>(found ? found->settings : origin_.settings,
                                             found ? found->universe : origin_.universe, false);
  trading_->keep_changes(true);
  return 0;
}

/// Positions and open orders, and what else a snapshot with rows has.
result<void> ledger_rebuild::add_what_was_before(trading_ledger& ledger) {
  if (known_after_ <= ledger.last_event()) return {};
  auto snapshot = slot_snapshot::read(posix_file_system(),
                                      origin_.directory / snapshot_file_name(known_after_));
  if (!snapshot) return tl::make_unexpected(snapshot.error());
  auto then = snapshot->make_trading(true);
  if (!then) return tl::make_unexpected(then.error());
  (*then)->note_all_positions();
  auto all = (*then)->take_changes();
  (*then)->finish(all.orders, all.fills);
  return ledger.add(all, (*then)->universe());
}

} // namespace tickmesh
