#include "actors/execution/snapshot/snapshot_shelf.hpp"

#include "actors/execution/snapshot/slot_snapshot.hpp"
#include "actors/execution/snapshot/snapshot_files.hpp"

#include <algorithm>
#include <iterator>

namespace tickmesh {

namespace {

constexpr std::size_t newest_kept = 2;

} // namespace

result<std::size_t> snapshot_shelf::drop_what_never_was() {
  auto& directory = log_.directory();
  if (auto done = remove_unfinished_snapshots(files_, directory); !done)
    return tl::make_unexpected(done.error());
  auto events = list_snapshots(files_, directory);
  if (!events) return tl::make_unexpected(events.error());
  std::size_t dropped = 0;
  for (auto event : *events) {
    if (event <= log_.last_event()) continue;
    if (auto done = remove_snapshot(files_, directory, event); !done)
      return tl::make_unexpected(done.error());
    ++dropped;
  }
  return dropped;
}

result<void> snapshot_shelf::tidy(nanoseconds keeps) {
  if (auto done = refresh(); !done) return done;
  bool lets_go = keeps > nanoseconds{0};
  if (lets_go)
    if (auto done = release(keeps); !done) return done;
  return thin_out(lets_go);
}

/// Reads those that are new.
result<void> snapshot_shelf::refresh() {
  auto& directory = log_.directory();
  auto events = list_snapshots(files_, directory);
  if (!events) return tl::make_unexpected(events.error());
  std::erase_if(sound_,
                [&](auto& known) { return !std::ranges::binary_search(*events, known.first); });
  damaged_.clear();
  for (auto event : *events) {
    if (sound_.contains(event)) continue;
    auto snapshot = slot_snapshot::read(files_, directory / snapshot_file_name(event));
    if (snapshot && snapshot->head().event == event)
      sound_.emplace(event, snapshot->head().time);
    else
      damaged_.push_back(event);
  }
  return {};
}

result<void> snapshot_shelf::release(nanoseconds keeps) {
  if (sound_.size() < newest_kept) return {};
  auto newest = std::prev(sound_.end());
  std::uint64_t base = 0;
  for (auto known = sound_.begin(); known != newest; ++known)
    // Before the first mark the time is timestamp::min(), of which nothing is subtracted.
    if (known->second + keeps <= newest->second && known->first <= log_.synced_event())
      base = known->first;
  // The record that the snapshot ends with stays: it says that the snapshot is of this journal.
  if (base < 2) return {};
  auto released = log_.release(base - 1);
  return released ? result<void>{} : tl::make_unexpected(released.error());
}

result<void> snapshot_shelf::thin_out(bool keeps_days) {
  auto& directory = log_.directory();
  std::optional<timestamp> kept;
  std::vector<std::uint64_t> dropped;
  auto left = sound_.size();
  for (auto& [event, time] : sound_) {
    bool is_newest = left-- <= newest_kept;
    bool is_of_use = event >= log_.first_event();
    bool begins_day = !kept || *kept + std::chrono::days{1} <= time;
    if (is_of_use && (is_newest || (keeps_days && begins_day)))
      kept = time;
    else
      dropped.push_back(event);
  }
  // A damaged one tells somebody something only while it is among the newest.
  for (auto event : damaged_)
    if (sound_.size() >= newest_kept && event < std::prev(sound_.end(), newest_kept)->first)
      dropped.push_back(event);
  for (auto event : dropped) {
    sound_.erase(event);
    if (auto done = remove_snapshot(files_, directory, event); !done) return done;
  }
  return {};
}

} // namespace tickmesh
