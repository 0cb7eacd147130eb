// What the keeper's thread does with closed segments, and truncation.
#include "actors/market/tick_log/newest_ticks.hpp"
#include "actors/market/tick_log/tick_log_segments.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace fs = std::filesystem;

result<bool> tick_log_segments::seal_next() {
  std::lock_guard keeping{keeper_};
  segment_pointer segment;
  std::vector<sealed_segment> sealed;
  {
    std::lock_guard lock{mutex_};
    for (auto& [first, candidate] : segments_)
      if (!segment && candidate->closed && !candidate->sealed) segment = candidate;
    if (!segment) return false;
    sealed = sealed_[segment->trading_day];
  }
  // A sealed record must not be newer than what the loss of power leaves of the log.
  if (auto done = sync_locked(); !done) return tl::make_unexpected(done.error());
  auto day = day_path(segment->trading_day);
  auto entry = sealer_.seal(files_, day, segment->first);
  if (!entry) return tl::make_unexpected(entry.error());
  sealed.push_back(*entry);
  std::sort(sealed.begin(), sealed.end(), [](auto& a, auto& b) { return a.first < b.first; });
  if (auto done = write_sealed(files_, day, sealed); !done)
    return tl::make_unexpected(done.error());
  std::lock_guard lock{mutex_};
  sealed_[segment->trading_day] = std::move(sealed);
  segment->sealed = true;
  return true;
}

result<std::size_t> tick_log_segments::release(record_number needed_after) {
  std::lock_guard keeping{keeper_};
  std::vector<segment_pointer> released;
  log_state next;
  {
    std::lock_guard lock{mutex_};
    next = state_;
    std::uint64_t total = 0;
    for (auto& [first, segment] : segments_)
      if (segment->sealed) total += segment->bytes;
    for (auto& [first, segment] : segments_) {
      if (total <= options_.wal_keep_bytes_max) break;
      if (!segment->sealed) continue;
      if (segment->last > needed_after || segment->last >= last_ || segment->last > synced_) break;
      total -= segment->bytes;
      released.push_back(segment);
      next.floor = std::max(next.floor, segment->last);
    }
    if (released.empty()) return std::size_t{0};
    next.floor_writer = epoch_locked(next.floor).value_or(state_.floor_writer);
  }
  // A list of sealed files that an earlier process made may not be on the disk.
  if (auto done = sync_locked(); !done) return tl::make_unexpected(done.error());
  if (auto done = write_log_state(files_, options_.root, next); !done)
    return tl::make_unexpected(done.error());
  {
    std::lock_guard lock{mutex_};
    state_ = next;
    for (auto& segment : released)
      segments_.erase(segment->first);
  }
  for (auto& segment : released)
    if (auto done = remove_file(files_, segment->file.path()); !done)
      return tl::make_unexpected(done.error());
  return released.size();
}

result<std::vector<std::int32_t>> tick_log_segments::drop_days_before(std::int32_t trading_day,
                                                                      record_number needed_after) {
  std::lock_guard keeping{keeper_};
  std::vector<std::int32_t> days;
  std::vector<dropped_day> contents;
  log_state next;
  {
    std::lock_guard lock{mutex_};
    next = state_;
    for (auto& [day, sealed] : sealed_) {
      record_number last;
      for (auto& entry : sealed)
        last = std::max(last, entry.last);
      bool complete = std::all_of(segments_.begin(), segments_.end(), [&, d = day](auto& s) {
        return s.second->trading_day != d || s.second->sealed;
      });
      if (day >= trading_day || !complete || last > needed_after || last >= last_ || last > synced_)
        break;
      days.push_back(day);
      contents.push_back({day_path(day), sealed});
      next.floor = std::max(next.floor, last);
    }
    if (days.empty()) return days;
    next.floor_writer = epoch_locked(next.floor).value_or(state_.floor_writer);
  }
  if (auto kept = keep_newest_ticks(files_, options_.root, contents); !kept)
    return tl::make_unexpected(kept.error());
  if (auto done = write_log_state(files_, options_.root, next); !done)
    return tl::make_unexpected(done.error());
  std::vector<std::int32_t> dropped;
  for (auto day : days) {
    auto name = day_path(day).filename().string() + std::string{dropped_suffix};
    if (files_.rename(day_path(day), options_.root / name) != 0)
      return file_fault(day_path(day), "the day can't be dropped");
    {
      std::lock_guard lock{mutex_};
      state_ = next;
      sealed_.erase(day);
      std::erase_if(segments_, [&](auto& s) { return s.second->trading_day == day; });
    }
    // Before what is in it goes: a loss of power must not bring back a part of the day.
    if (auto done = sync_directory(files_, options_.root); !done)
      return tl::make_unexpected(done.error());
    if (auto done = remove_dropped(name); !done) return tl::make_unexpected(done.error());
    dropped.push_back(day);
  }
  return dropped;
}

result<void> tick_log_segments::remove_dropped(const std::string& name) {
  auto directory = options_.root / name;
  std::vector<std::string> names;
  if (files_.list(directory, names) != 0)
    return file_fault(directory, "the directory can't be read");
  for (auto& file : names)
    if (auto done = remove_file(files_, directory / file); !done) return done;
  if (files_.rmdir(directory) != 0) return file_fault(directory, "the directory can't be removed");
  return sync_directory(files_, options_.root);
}

result<void> tick_log_segments::truncate(record_number keep) {
  std::lock_guard keeping{keeper_};
  std::lock_guard lock{mutex_}; // nobody else is there
  if (failed_) return tl::make_unexpected(*failed_);
  if (keep >= last_) return {};
  if (keep < state_.floor)
    return fail(fmt::format("{}: the log can't be cut behind record {}; records up to {} are no "
                            "longer kept as records",
                            options_.root.string(), keep.value, state_.floor.value));
  open_.clear();
  auto next = state_;
  next.cut_after = keep;
  auto done = write_log_state(files_, options_.root, next);
  if (done) {
    scanned_.clear();
    for (auto& [first, segment] : segments_) {
      scanned_file file;
      file.segment = segment;
      file.writers = writers_;
      scanned_.push_back(std::move(file));
    }
    done = cut_files(keep);
  }
  if (!done) { // some files may be cut: what is in memory no longer holds
    failed_ = done.error();
    return done;
  }
  auto writer = epoch_locked(keep);
  segments_.clear();
  for (auto& file : scanned_)
    segments_.emplace(file.segment->first, file.segment);
  scanned_.clear();
  std::erase_if(writers_, [&](auto& w) { return w.second > keep; });
  last_ = keep;
  last_writer_ = writer.value_or(state_.floor_writer);
  synced_ = std::min(synced_, keep);
  open_last_segments();
  return {};
}

result<void> tick_log_segments::cut_files(record_number keep) {
  for (auto& [day, sealed] : sealed_) {
    auto kept = sealed;
    std::erase_if(kept, [&](auto& entry) { return entry.last > keep; });
    if (kept.size() == sealed.size()) continue;
    if (auto done = write_sealed(files_, day_path(day), kept); !done) return done;
    for (auto& entry : sealed) {
      if (entry.last <= keep) continue;
      for (auto& name : {ticks_name(entry.first), rejected_name(entry.first)})
        if (auto done = remove_file(files_, day_path(day) / name); !done) return done;
    }
    sealed = kept;
  }
  for (auto& scanned : scanned_) {
    auto& segment = *scanned.segment;
    if (segment.first > keep || segment.bytes == 0) {
      if (auto done = remove_file(files_, segment.file.path()); !done) return done;
      segment.bytes = 0;
      continue;
    }
    if (segment.last <= keep && scanned.file_bytes <= segment.bytes) continue;
    if (auto done = cut_segment(scanned.segment, keep); !done) return done;
  }
  std::erase_if(scanned_, [](auto& s) { return s.segment->bytes == 0; });
  for (auto& scanned : scanned_) {
    scanned.file_bytes = scanned.segment->bytes;
    std::erase_if(scanned.stretches, [&](auto& stretch) { return stretch.first > keep; });
    for (auto& [first, last] : scanned.stretches)
      last = std::min(last, keep);
  }
  for (auto& [day, sealed] : sealed_)
    if (auto done = sync_directory(files_, day_path(day)); !done) return done;
  state_.cut_after.reset();
  return write_log_state(files_, options_.root, state_);
}

result<void> tick_log_segments::cut_segment(const segment_pointer& segment, record_number keep) {
  auto end = segment->bytes;
  if (segment->last > keep) {
    segment_cursor cursor{segment, segment->place_before(keep), segment->bytes, 64 << 10};
    framed_record parsed;
    auto found = cursor.seek(keep, parsed);
    if (!found) return tl::make_unexpected(found.error());
    if (*found) end = cursor.offset();
    segment->sealed = false;
    std::erase_if(segment->places, [&](auto& p) { return p.number > keep; });
    // The last number that is left is found by reading from the last place.
    segment_cursor last{segment, segment->place_before(keep), end, 64 << 10};
    for (;;) {
      auto there = last.peek(parsed);
      if (!there) return tl::make_unexpected(there.error());
      if (!*there) break;
      segment->last = parsed.record.number;
      last.advance(parsed.bytes);
    }
  }
  segment->bytes = end;
  if (auto done = segment->file.truncate(end); !done) return done;
  return segment->file.sync_data();
}

/// The last segment of each day goes on where it has room.
void tick_log_segments::open_last_segments() {
  std::map<std::int32_t, segment_pointer> last;
  for (auto& [first, segment] : segments_) {
    segment->closed = true;
    last[segment->trading_day] = segment;
  }
  for (auto& [day, segment] : last) {
    if (segment->sealed || segment->bytes >= options_.segment_bytes_max) continue;
    segment->closed = false;
    open_[day] = segment;
  }
}

} // namespace tickmesh
