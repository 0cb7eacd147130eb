// Opening a tick log: what is found is checked, an incomplete end is cut, leftovers are removed.
#include "actors/market/tick_log/sealed_file.hpp"
#include "actors/market/tick_log/tick_log_segments.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace tickmesh {

namespace fs = std::filesystem;

result<void> tick_log_segments::recover() {
  if (auto done = lock_root(); !done) return done;
  auto state = read_log_state(files_, options_.root);
  if (!state) return tl::make_unexpected(state.error());
  state_ = *state;
  if (auto done = scan_days(); !done) return done;
  if (state_.cut_after) {
    auto keep = *state_.cut_after;
    if (auto done = cut_files(keep); !done) return done;
    report_.notes.push_back(fmt::format("{}: finished the truncation behind record {}",
                                        options_.root.string(), keep.value));
  }
  if (auto done = check_numbers(); !done) return done;
  return adopt_files();
}

result<void> tick_log_segments::lock_root() {
  auto locked = lock_directory(files_, options_.root);
  if (!locked) return tl::make_unexpected(locked.error());
  root_ = std::move(*locked);
  return {};
}

result<void> tick_log_segments::scan_days() {
  std::vector<std::string> names;
  if (files_.list(options_.root, names) != 0)
    return file_fault(options_.root, "the directory can't be read");
  for (auto& name : names) {
    if (name.ends_with(dropped_suffix)) {
      if (auto done = remove_dropped(name); !done) return done;
      report_.notes.push_back(
          fmt::format("{}: finished its removal", (options_.root / name).string()));
    } else if (name.ends_with(temporary_suffix)) {
      if (auto done = remove_file(files_, options_.root / name); !done) return done;
    } else if (auto day = parse_day_name(name)) {
      if (auto done = scan_day(*day); !done) return done;
    }
  }
  return {};
}

result<void> tick_log_segments::scan_day(std::int32_t trading_day) {
  auto day = day_path(trading_day);
  std::vector<std::string> names;
  if (files_.list(day, names) != 0) return file_fault(day, "the directory can't be read");
  sealed_.try_emplace(trading_day);
  for (auto& name : names) {
    if (name.ends_with(temporary_suffix)) {
      if (auto done = remove_file(files_, day / name); !done) return done;
      report_.notes.push_back(fmt::format("{}: removed an unfinished file", (day / name).string()));
    } else if (auto first = parse_wal_name(name)) {
      auto scanned = scan_file(trading_day, *first);
      if (!scanned) return tl::make_unexpected(scanned.error());
      scanned_.push_back(std::move(*scanned));
    }
  }
  return check_sealed(trading_day, names);
}

result<tick_log_segments::scanned_file> tick_log_segments::scan_file(std::int32_t trading_day,
                                                                     record_number first) {
  scanned_file out;
  out.segment = std::make_shared<wal_segment>();
  auto& segment = *out.segment;
  auto path = day_path(trading_day) / wal_name(first);
  auto file = log_file::open(files_, path, O_RDWR);
  if (!file) return tl::make_unexpected(file.error());
  segment.file = std::move(*file);
  segment.trading_day = trading_day;
  segment.first = first;
  auto bytes = read_file(files_, path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  out.file_bytes = bytes->size();
  std::string_view rest = *bytes;
  framed_record parsed;
  while (parse_record(rest, parsed) == frame_state::complete) {
    auto number = parsed.record.number;
    bool expected = segment.bytes == 0 ? number == first : number > segment.last;
    if (!expected || parsed.record.trading_day != trading_day)
      return fail(fmt::format("{}: offset {}: record {} of day {} does not belong there; verify "
                              "the log, and let a replica fill it anew",
                              path.string(), segment.bytes, number.value,
                              parsed.record.trading_day));
    if (out.stretches.empty() || number.value != segment.last.value + 1)
      out.stretches.emplace_back(number, number);
    out.stretches.back().second = number;
    if (out.writers.empty() || out.writers.back().first != parsed.record.writer)
      out.writers.emplace_back(parsed.record.writer, number);
    out.synced = std::max(out.synced, parsed.synced);
    segment.add(number, parsed.bytes);
    ++report_.records_read;
    rest.remove_prefix(parsed.bytes);
  }
  if (!rest.empty() && find_record(rest, 8, parsed)) {
    out.followed = true;
    out.synced = std::max(out.synced, parsed.synced);
  }
  return out;
}

/// Compares the list of sealed segments with what is there.
result<void> tick_log_segments::check_sealed(std::int32_t trading_day,
                                             const std::vector<std::string>& names) {
  auto day = day_path(trading_day);
  auto entries = read_sealed(files_, day);
  if (!entries) return tl::make_unexpected(entries.error());
  auto has_records = [&](record_number first) {
    return std::any_of(scanned_.begin(), scanned_.end(), [&](auto& s) {
      return s.segment->trading_day == trading_day && s.segment->first == first &&
             s.segment->bytes == s.file_bytes;
    });
  };
  std::vector<sealed_segment> good;
  for (auto& entry : *entries) {
    auto checked = check_sealed_files(files_, day, entry, has_records(entry.first));
    if (checked) {
      good.push_back(entry);
      continue;
    }
    if (!has_records(entry.first)) return checked;
    report_.notes.push_back(checked.error().message + "; it will be sealed again");
  }
  if (good.size() != entries->size())
    if (auto done = write_sealed(files_, day, good); !done) return done;
  for (auto& name : names) {
    auto first = parse_blocks_name(name);
    if (!first ||
        std::any_of(good.begin(), good.end(), [&](auto& entry) { return entry.first == *first; }))
      continue;
    if (!has_records(*first))
      return fail(fmt::format("{}: the file is not in the list of the day, {}, and its records are "
                              "gone; restore the list",
                              (day / name).string(), (day / sealed_name).string()));
    if (auto done = remove_file(files_, day / name); !done) return done;
    report_.notes.push_back(
        fmt::format("{}: removed an unfinished sealed file", (day / name).string()));
  }
  for (auto& scanned : scanned_)
    for (auto& entry : good)
      if (scanned.segment->trading_day == trading_day && scanned.segment->first == entry.first)
        scanned.segment->sealed = true;
  sealed_[trading_day] = std::move(good);
  return {};
}

/// All records behind the floor must be there, each once.
result<void> tick_log_segments::check_numbers() {
  struct stretch {
    record_number first, last;
    const scanned_file* file;
  };
  std::vector<stretch> all;
  for (auto& scanned : scanned_)
    for (auto& [first, last] : scanned.stretches)
      all.push_back({first, last, &scanned});
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return a.first < b.first; });
  auto last = state_.floor;
  const scanned_file* hole_before = nullptr;
  record_number previous;
  for (auto& s : all) {
    if (s.first <= previous)
      return fail(fmt::format("{}: record {} is in two files; verify the log, and let a replica "
                              "fill it anew",
                              s.file->segment->file.path().string(), s.first.value));
    previous = s.last;
    if (s.last <= state_.floor) continue;
    if (s.first.value > last.value + 1) {
      hole_before = s.file;
      break;
    }
    last = s.last;
  }
  last_ = last;
  const scanned_file* damaged = nullptr;
  bool followed = hole_before != nullptr;
  for (auto& scanned : scanned_) {
    if (scanned.file_bytes == scanned.segment->bytes) continue;
    if (damaged == nullptr || scanned.followed || scanned.segment->last < damaged->segment->last)
      damaged = &scanned;
    followed = followed || scanned.followed;
  }
  bool empty =
      std::any_of(scanned_.begin(), scanned_.end(), [](auto& s) { return s.segment->bytes == 0; });
  if (damaged == nullptr && hole_before == nullptr && !empty) return {};
  auto where = damaged != nullptr
                   ? fmt::format("{}: offset {}: the record is damaged",
                                 damaged->segment->file.path().string(), damaged->segment->bytes)
               : hole_before != nullptr
                   ? fmt::format("{}: record {} before it is missing",
                                 hole_before->segment->file.path().string(), last.value + 1)
                   : fmt::format("{}: a file without records", options_.root.string());
  return refuse_or_cut(where, followed);
}

result<void> tick_log_segments::refuse_or_cut(const std::string& where, bool followed) {
  record_number synced;
  std::uint64_t kept = 0, found = 0;
  for (auto& scanned : scanned_) {
    synced = std::max(synced, scanned.synced);
    found += scanned.file_bytes;
  }
  if (followed && (!options_.cut_unsynced || synced > last_))
    return fail(fmt::format("{}, and intact records follow; {}", where,
                            synced > last_
                                ? "it had been synced: let a replica fill the log anew"
                                : "after a power cut, open the log once with cut_unsynced"));
  state_.cut_after = last_;
  if (auto done = write_log_state(files_, options_.root, state_); !done) return done;
  if (auto done = cut_files(last_); !done) return done;
  for (auto& scanned : scanned_)
    kept += scanned.segment->bytes;
  report_.bytes_cut = found - kept;
  report_.notes.push_back(
      fmt::format("{}; cut {} bytes behind record {}", where, report_.bytes_cut, last_.value));
  return {};
}

result<void> tick_log_segments::adopt_files() {
  for (auto& scanned : scanned_) {
    auto& segment = scanned.segment;
    if (segment->sealed && segment->last <= state_.floor) {
      if (auto done = remove_file(files_, segment->file.path()); !done) return done;
      continue;
    }
    synced_ = std::max(synced_, scanned.synced);
    for (auto& w : scanned.writers)
      if (w.second <= last_) writers_.push_back(w);
    segments_.emplace(segment->first, segment);
  }
  scanned_.clear();
  std::sort(writers_.begin(), writers_.end(), [](auto& a, auto& b) { return a.second < b.second; });
  writers_.erase(std::unique(writers_.begin(), writers_.end(),
                             [](auto& a, auto& b) { return a.first == b.first; }),
                 writers_.end());
  if (!std::is_sorted(writers_.begin(), writers_.end()))
    return fail(fmt::format("{}: the epochs of its records fall; let a replica fill it anew",
                            options_.root.string()));
  synced_ = std::max(synced_, state_.floor);
  for (auto& [first, segment] : segments_)
    segment->unsynced = segment->last > synced_;
  for (auto& [day, sealed] : sealed_)
    unsynced_directories_.insert(day_path(day));
  unsynced_directories_.insert(options_.root);
  last_writer_ = writers_.empty() ? state_.floor_writer : writers_.back().first;
  report_.last = last_;
  open_last_segments();
  return {};
}

} // namespace tickmesh
