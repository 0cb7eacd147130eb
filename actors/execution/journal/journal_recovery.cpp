// Opening a journal: what is found is checked, an incomplete end is cut, leftovers are removed.
#include "actors/execution/journal/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

result<void> journal::recover() {
  auto locked = lock_directory(files_, options_.directory);
  if (!locked) return tl::make_unexpected(locked.error());
  directory_ = std::move(*locked);
  auto state = read_journal_state(files_, options_.directory);
  if (!state) return tl::make_unexpected(state.error());
  state_ = *state;
  auto firsts = list_files();
  if (!firsts) return tl::make_unexpected(firsts.error());
  std::vector<scanned_file> found;
  for (auto first : *firsts) {
    auto scanned = scan(first);
    if (!scanned) return tl::make_unexpected(scanned.error());
    found.push_back(std::move(*scanned));
  }
  if (auto done = check_writers(found); !done) return done;
  if (auto where = find_damage(found))
    if (auto done = refuse_or_cut(found, *where); !done) return done;
  return adopt(found);
}

/// First events of the files that are still needed, in order; others are removed.
result<std::vector<std::uint64_t>> journal::list_files() {
  auto temporary = options_.directory / journal_state_name;
  temporary += temporary_suffix;
  if (auto done = remove_file(files_, temporary); !done) return tl::make_unexpected(done.error());
  auto firsts = list_journal_files(files_, options_.directory);
  if (!firsts) return firsts;
  while (firsts->size() > 1 && (*firsts)[1] <= state_.released + 1) {
    auto path = path_of(firsts->front());
    if (auto done = remove_file(files_, path); !done) return tl::make_unexpected(done.error());
    report_.notes.push_back(fmt::format("{}: finished its removal", path.string()));
    firsts->erase(firsts->begin());
  }
  return firsts;
}

result<journal::scanned_file> journal::scan(std::uint64_t first_event) {
  scanned_file out;
  out.records = std::make_shared<segment>();
  auto& records = *out.records;
  records.first = first_event;
  records.last = first_event - 1;
  auto path = path_of(first_event);
  if (auto read = read_file(files_, path, buffer_); !read) return tl::make_unexpected(read.error());
  out.file_bytes = buffer_.size();
  std::string_view rest = buffer_;
  parsed_journal_record parsed;
  while (parse_journal_record(rest, parsed) == frame_state::complete) {
    auto& record = parsed.record;
    if (records.bytes == 0) out.first_writer = out.last_writer = record.writer;
    if (record.first != records.last + 1 || record.writer < out.last_writer)
      return fail(fmt::format("{}: offset {}: events from {} on of epoch {} do not follow event {} "
                              "of epoch {}; restore the file from a copy",
                              path.string(), records.bytes, record.first, record.writer.value,
                              records.last, out.last_writer.value));
    out.last_writer = record.writer;
    out.synced = std::max(out.synced, parsed.synced);
    records.last = record.last();
    records.bytes += parsed.bytes;
    ++report_.records_read;
    rest.remove_prefix(parsed.bytes);
  }
  if (!rest.empty() && find_journal_record(rest, 8, parsed)) {
    out.followed = true;
    out.synced = std::max(out.synced, parsed.synced);
  }
  return out;
}

result<void> journal::check_writers(const std::vector<scanned_file>& found) const {
  epoch last;
  for (auto& f : found) {
    if (f.records->bytes == 0) continue;
    if (f.first_writer < last)
      return fail(fmt::format("{}: offset 0: a record of epoch {} follows one of epoch {}; restore "
                              "the file from a copy",
                              path_of(f.records->first).string(), f.first_writer.value,
                              last.value));
    last = f.last_writer;
  }
  return {};
}

/// Sets the last event before the first damage, and what is known to have been synced.
std::optional<journal::damage> journal::find_damage(const std::vector<scanned_file>& found) {
  std::optional<damage> out;
  last_ = state_.released;
  synced_ = std::max(state_.synced, state_.released);
  for (std::size_t i = 0; i < found.size(); ++i) {
    auto& file = found[i];
    auto& records = *file.records;
    synced_ = std::max(synced_, file.synced);
    bool has_records = records.bytes > 0 || file.followed;
    if (out) {
      out->followed = out->followed || has_records;
      continue;
    }
    auto path = path_of(records.first).string();
    if (records.first != last_ + 1) {
      out = damage{.files_kept = i,
                   .what = fmt::format("{}: it does not follow event {}", path, last_),
                   .followed = has_records};
      continue;
    }
    last_ = records.last;
    if (records.bytes < file.file_bytes)
      out = damage{.files_kept = records.bytes > 0 ? i + 1 : i,
                   .cuts_last = records.bytes > 0,
                   .what = fmt::format("{}: offset {}: the record is damaged", path, records.bytes),
                   .followed = file.followed};
  }
  if (!out && synced_ > last_)
    out = damage{.files_kept = found.size(),
                 .what = fmt::format("{}: the events from {} on are missing",
                                     options_.directory.string(), last_ + 1)};
  return out;
}

result<void> journal::refuse_or_cut(std::vector<scanned_file>& found, const damage& where) {
  if (synced_ > last_)
    return fail(fmt::format("{}, and events up to {} had been synced; restore the file from a copy",
                            where.what, synced_));
  if (where.followed && !options_.cut_unsynced)
    return fail(fmt::format("{}, and intact records follow; after a power cut, open the journal "
                            "once with cut_unsynced",
                            where.what));
  return cut(found, where);
}

/// From the newest file to the oldest, so that dying on the way leaves the same damage. Ends on the
/// disk, lest what was cut comes back behind records that are appended now.
result<void> journal::cut(std::vector<scanned_file>& found, const damage& where) {
  for (; found.size() > where.files_kept; found.pop_back()) {
    if (auto done = remove_file(files_, path_of(found.back().records->first)); !done) return done;
    report_.bytes_cut += found.back().file_bytes;
  }
  if (where.cuts_last) {
    auto& records = *found.back().records;
    auto file = log_file::open(files_, path_of(records.first), O_RDWR);
    if (!file) return tl::make_unexpected(file.error());
    if (auto done = file->truncate(records.bytes); !done) return done;
    if (auto done = file->sync_data(); !done) return done;
    report_.bytes_cut += found.back().file_bytes - records.bytes;
  }
  report_.notes.push_back(
      fmt::format("{}; cut {} bytes behind event {}", where.what, report_.bytes_cut, last_));
  return sync_directory(files_, options_.directory);
}

result<void> journal::adopt(std::vector<scanned_file>& found) {
  for (auto& f : found) {
    auto& records = f.records;
    records->unsynced = records->last > synced_;
    bool is_last = &f == &found.back();
    if (records->unsynced || is_last) {
      auto file = log_file::open(files_, path_of(records->first), O_RDWR);
      if (!file) return tl::make_unexpected(file.error());
      records->file = std::move(*file);
    }
    last_writer_ = std::max(last_writer_, f.last_writer);
    segments_.push_back(records);
  }
  if (!segments_.empty()) current_ = segments_.back();
  buffer_ = {}; // which held a whole file
  return {};
}

} // namespace tickmesh
