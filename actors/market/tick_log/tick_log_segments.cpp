#include "actors/market/tick_log/tick_log_segments.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace tickmesh {

namespace fs = std::filesystem;

tick_log_segments::tick_log_segments(tick_log_options options, file_system& files)
    : options_(std::move(options)), files_(files) {}

fs::path tick_log_segments::day_path(std::int32_t trading_day) const {
  return options_.root / fmt::format("{:08}", trading_day);
}

result<void> tick_log_segments::start_after(record_number number, epoch writer) {
  std::lock_guard keeping{keeper_};
  std::lock_guard lock{mutex_}; // nobody else uses an empty log yet
  if (last_.value != 0)
    return fail(fmt::format("{}: the log has {} records; only an empty one can start after {}",
                            options_.root.string(), last_.value, number.value));
  log_state next{number, writer, std::nullopt};
  if (auto done = write_log_state(files_, options_.root, next); !done) return done;
  state_ = next;
  last_ = synced_ = number;
  last_writer_ = writer;
  return {};
}

result<void> tick_log_segments::check(const log_record& record) const {
  auto refuse = [&](std::string_view what) {
    return fail(fmt::format("{}: record {} of day {} and epoch {} can't be appended: {}",
                            options_.root.string(), record.number.value, record.trading_day,
                            record.writer.value, what));
  };
  if (failed_) return tl::make_unexpected(*failed_);
  if (record.number.value != last_.value + 1)
    return refuse(fmt::format("the next is {}", last_.value + 1));
  if (record.writer < last_writer_)
    return refuse(fmt::format("the last one has epoch {}", last_writer_.value));
  if (record.trading_day < 0 || record.trading_day > 99'999'999) return refuse("no such day");
  if (record.payload.size() > record_bytes_max)
    return refuse(
        fmt::format("it has {} bytes; at most {}", record.payload.size(), record_bytes_max));
  return {};
}

result<tick_log_segments::segment_pointer> tick_log_segments::segment_for(const log_record& record,
                                                                          std::size_t bytes) {
  bool new_day = false;
  {
    std::lock_guard lock{mutex_};
    if (auto refused = check(record); !refused) return tl::make_unexpected(refused.error());
    if (auto found = open_.find(record.trading_day); found != open_.end()) {
      if (found->second->bytes + bytes <= options_.segment_bytes_max) return found->second;
      found->second->closed = true;
      open_.erase(found);
    }
    new_day = !sealed_.contains(record.trading_day);
  }
  auto day = day_path(record.trading_day);
  if (new_day && files_.mkdir(day) != 0 && errno != EEXIST)
    return file_fault(day, "the directory can't be made");
  auto out = std::make_shared<wal_segment>();
  auto file = log_file::open(files_, day / wal_name(record.number), O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return tl::make_unexpected(file.error());
  out->file = std::move(*file);
  out->trading_day = record.trading_day;
  out->first = record.number;
  std::lock_guard lock{mutex_};
  unsynced_directories_.insert(day);
  unsynced_directories_.insert(options_.root);
  return out;
}

result<void> tick_log_segments::append(const log_record& record) {
  auto bytes = record_bytes(record.payload.size());
  auto segment = segment_for(record, bytes);
  if (!segment) return tl::make_unexpected(segment.error());
  bool is_first = (*segment)->bytes == 0;
  format_record(record, synced_record(), buffer_);
  if (auto done = (*segment)->write_behind(buffer_); !done) {
    if (is_first) files_.unlink((*segment)->file.path()); // recovery would remove it, too
    return done;
  }
  std::lock_guard lock{mutex_};
  (*segment)->add(record.number, bytes);
  (*segment)->unsynced = true;
  if (is_first) {
    segments_.emplace(record.number, *segment);
    open_[record.trading_day] = *segment;
    sealed_.try_emplace(record.trading_day);
  }
  if (writers_.empty() || record.writer != last_writer_)
    writers_.emplace_back(record.writer, record.number);
  last_ = record.number;
  last_writer_ = record.writer;
  return {};
}

result<record_number> tick_log_segments::sync() {
  std::lock_guard keeping{keeper_};
  if (auto done = sync_locked(); !done) return tl::make_unexpected(done.error());
  return synced_record();
}

result<void> tick_log_segments::sync_locked() {
  std::vector<segment_pointer> dirty;
  std::set<fs::path> directories;
  record_number upto;
  {
    std::lock_guard lock{mutex_};
    if (failed_) return tl::make_unexpected(*failed_);
    upto = last_;
    directories.swap(unsynced_directories_);
    for (auto& [first, segment] : segments_) {
      if (!segment->unsynced) continue;
      segment->unsynced = false;
      dirty.push_back(segment);
    }
  }
  result<void> done;
  for (auto& segment : dirty)
    if (done) done = segment->file.sync_data();
  for (auto& directory : directories)
    if (done) done = sync_directory(files_, directory);
  std::lock_guard lock{mutex_};
  if (done)
    synced_ = std::max(synced_, upto);
  else
    failed_ = done.error();
  return done;
}

record_number tick_log_segments::last_record() const {
  std::lock_guard lock{mutex_};
  return last_;
}

record_number tick_log_segments::synced_record() const {
  std::lock_guard lock{mutex_};
  return synced_;
}

record_number tick_log_segments::first_record() const {
  std::lock_guard lock{mutex_};
  return state_.floor + record_number{1};
}

std::vector<std::int32_t> tick_log_segments::days() const {
  std::lock_guard lock{mutex_};
  std::vector<std::int32_t> out;
  for (auto& [day, sealed] : sealed_)
    out.push_back(day);
  return out;
}

std::optional<epoch> tick_log_segments::epoch_of(record_number number) const {
  std::lock_guard lock{mutex_};
  return epoch_locked(number);
}

std::optional<epoch> tick_log_segments::epoch_locked(record_number number) const {
  if (number < state_.floor || number > last_) return std::nullopt;
  if (number == state_.floor) return state_.floor_writer;
  auto behind = std::upper_bound(writers_.begin(), writers_.end(), number,
                                 [](record_number n, auto& w) { return n < w.second; });
  if (behind == writers_.begin()) return state_.floor_writer;
  return std::prev(behind)->first;
}

std::optional<record_number> tick_log_segments::last_record_of(epoch limit) const {
  std::lock_guard lock{mutex_};
  for (auto& [writer, first] : writers_)
    if (writer > limit && first > state_.floor) {
      auto before = first - record_number{1};
      if (before > state_.floor || state_.floor_writer <= limit) return before;
      return std::nullopt;
    }
  if (last_ == state_.floor && state_.floor_writer > limit) return std::nullopt;
  return last_;
}

result<read_state> tick_log_segments::read(record_number after, std::size_t bytes_max,
                                           record_batch& out) const {
  constexpr std::size_t chunk_bytes_max = 1 << 20;
  out.records.clear();
  out.bytes.clear();
  record_number upto;
  std::vector<std::pair<record_number, segment_cursor>> cursors; // by first record
  auto chunk = std::clamp<std::size_t>(bytes_max, record_header_bytes, chunk_bytes_max);
  {
    std::lock_guard lock{mutex_};
    if (after < state_.floor) return read_state::gone;
    if (after >= last_) return read_state::end;
    upto = last_;
    for (auto& [first, segment] : segments_)
      if (segment->last > after)
        cursors.emplace_back(first, segment_cursor{segment,
                                                   segment->place_before(after + record_number{1}),
                                                   segment->bytes, chunk});
  }
  std::vector<std::size_t> offsets;
  auto next = after;
  bool full = false;
  while (!full && next < upto) {
    bool found = false;
    for (auto& [first, cursor] : cursors) {
      if (first.value > next.value + 1) break;
      framed_record parsed;
      for (;;) { // this segment's stretch
        auto there = cursor.seek(next, parsed);
        if (!there) return tl::make_unexpected(there.error());
        if (!*there || parsed.record.number.value != next.value + 1) break;
        full = !out.records.empty() && out.bytes.size() + parsed.record.payload.size() > bytes_max;
        if (full) break;
        offsets.push_back(out.bytes.size());
        out.bytes += parsed.record.payload;
        out.records.push_back(parsed.record);
        cursor.advance(parsed.bytes);
        next = parsed.record.number;
        found = true;
      }
      if (full) break;
    }
    if (!found && !full) {
      if (out.records.empty())
        return fail(fmt::format("{}: record {} can't be found; verify the log",
                                options_.root.string(), next.value + 1));
      break;
    }
  }
  for (std::size_t i = 0; i < offsets.size(); ++i)
    out.records[i].payload =
        std::string_view{out.bytes}.substr(offsets[i], out.records[i].payload.size());
  return read_state::records;
}

void tick_log_segments::close_days_before(std::int32_t trading_day) {
  std::lock_guard lock{mutex_};
  while (!open_.empty() && open_.begin()->first < trading_day) {
    open_.begin()->second->closed = true;
    open_.erase(open_.begin());
  }
}

void tick_log_segments::close_day(std::int32_t trading_day) {
  std::lock_guard lock{mutex_};
  if (auto found = open_.find(trading_day); found != open_.end()) {
    found->second->closed = true;
    open_.erase(found);
  }
}

} // namespace tickmesh
