#include "actors/market/subscription/subscription_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

/// Of records that are looked through in one call, whether they hold wanted ticks or not.
constexpr std::size_t scanned_bytes_max = 4 << 20;
/// Of runs in one portion, but for a single record that has more.
constexpr std::size_t portion_bytes_max = 1 << 20;
/// Ticks of a run that is made here.
constexpr std::size_t run_ticks_max = 4'096;

} // namespace

subscription_reader::subscription_reader(fs::path log, const std::vector<wanted_ticks>& wanted,
                                         record_number after, epoch run, file_system& files)
    : root_(std::move(log)), files_(files), run_(run), tail_(root_, files), position_(after),
      wants_history_(after == record_number{}) {
  for (auto& w : wanted)
    next_[w.symbol] = w.first;
}

/// Begins to read what is behind position_ like history: lists its segments.
result<void> subscription_reader::find_history(record_number accepted) {
  wants_history_ = false;
  in_history_ = true;
  goal_ = accepted;
  segments_.clear();
  std::vector<std::string> days;
  if (next_.empty()) return {}; // marks alone have none
  if (files_.list(root_, days) != 0) return file_fault(root_, "the directory can't be read");
  for (auto& name : days) {
    if (!parse_day_name(name)) continue;
    auto day = root_ / name;
    std::vector<std::string> names;
    if (files_.list(day, names) != 0) continue; // dropped meanwhile
    auto sealed = read_sealed(files_, day);     // behind the names: see tick_log_files
    if (!sealed) return tl::make_unexpected(sealed.error());
    std::map<record_number, segment> found;
    std::set<record_number> is_read;
    for (auto& s : *sealed) {
      // One with records that are not accepted yet has its write-ahead file still.
      if (s.last > goal_) continue;
      is_read.insert(s.first);
      if (s.last > position_) found[s.first] = {day, s.first, true};
    }
    for (auto& file : names)
      if (auto first = parse_wal_name(file); first && !is_read.contains(*first) && *first <= goal_)
        found[*first] = {day, *first, false};
    for (auto& [first, s] : found)
      segments_.push_back(s);
  }
  return {};
}

result<void> subscription_reader::open_segment(const segment& next) {
  if (!next.sealed) {
    auto opened = wal_file_reader::open(files_, next.day / wal_name(next.first));
    if (!opened) return tl::make_unexpected(opened.error());
    wal_ = std::move(*opened);
    // Sealed and released since it was listed. What was given is not given again.
    if (!wal_) return find_history(goal_);
    return {};
  }
  auto opened = sealed_reader::open(files_, next.day / ticks_name(next.first));
  if (!opened && errno == ENOENT) return {}; // dropped meanwhile: its numbers will be missing
  if (!opened) return tl::make_unexpected(opened.error());
  sealed_ = std::move(*opened);
  for (auto& block : sealed_->index()) {
    auto wanted = next_.find(symbol_id{block.symbol});
    if (wanted != next_.end() && block.last_number >= wanted->second.value)
      blocks_.push_back(block);
  }
  return {};
}

result<void> subscription_reader::take_block(ticks_portion& out) {
  auto block = blocks_.front();
  blocks_.pop_front();
  if (auto read = sealed_->read_block(block, block_bytes_, block_); !read) return read;
  std::vector<tick> ticks;
  if (auto read = block_.append_ticks(0, block_.count(), ticks); !read) return read;
  auto first = next_[symbol_id{block.symbol}];
  std::erase_if(ticks, [&](auto& t) { return t.number < first; });
  auto epochs = block_.column(block_epoch_column);
  if (!epochs) return tl::make_unexpected(epochs.error());
  append_ticks(ticks, epoch{static_cast<std::uint64_t>(epochs->front())}, out);
  return {};
}

/// Takes records of the segment at hand; false when it has no more.
result<bool> subscription_reader::take_logged(std::uint64_t ticks_max, ticks_portion& out) {
  std::size_t scanned = 0;
  while (out.ticks < ticks_max && out.runs.size() < portion_bytes_max &&
         scanned < scanned_bytes_max) {
    auto found = wal_->seek(position_ + record_number{1});
    if (!found) return tl::make_unexpected(found.error());
    if (*found == nullptr || (*found)->number > goal_) return false;
    auto record = wal_->take();
    if (!record) return tl::make_unexpected(record.error());
    if (auto taken = take_record(**record, out); !taken) return tl::make_unexpected(taken.error());
    scanned += (*record)->payload.size();
  }
  return true;
}

/// Gives a part of the history, or opens the next segment of it.
result<void> subscription_reader::take_history(std::uint64_t ticks_max, ticks_portion& out) {
  if (wal_) {
    auto more = take_logged(ticks_max, out);
    if (!more) return tl::make_unexpected(more.error());
    if (!*more) wal_.reset();
    return {};
  }
  if (!blocks_.empty()) return take_block(out);
  sealed_.reset();
  if (!segments_.empty()) {
    auto next = segments_.front();
    segments_.pop_front();
    return open_segment(next);
  }
  // The last record is read as the first of what is live, for its time mark and for what it says of
  // the end; its ticks have been given.
  in_history_ = false;
  position_ = std::max(position_, goal_ - record_number{1});
  return {};
}

void subscription_reader::append_ticks(std::span<const tick> ticks, epoch data_epoch,
                                       ticks_portion& out) {
  while (!ticks.empty()) {
    auto part = ticks.first(std::min(ticks.size(), run_ticks_max));
    ticks = ticks.subspan(part.size());
    auto symbol = part.front().symbol;
    encoders_[symbol].append(out.runs, part, data_epoch, 0);
    out.ticks += part.size();
    next_[symbol] = part.back().number + sequence{1};
  }
}

result<void> subscription_reader::take_run(const tick_run_view& run, ticks_portion& out) {
  auto wanted = next_.find(run.symbol);
  auto behind = run.first_number + sequence{run.count};
  if (wanted == next_.end() || behind <= wanted->second) return {};
  if (wanted->second <= run.first_number) {
    out.runs += run.field;
    out.ticks += run.count;
    wanted->second = behind;
    return {};
  }
  std::vector<tick> ticks;
  if (auto decoded = run.decode_ticks(ticks); !decoded) return decoded;
  append_ticks(std::span{ticks}.subspan((wanted->second - run.first_number).value), run.data_epoch,
               out);
  return {};
}

result<void> subscription_reader::take_record(const log_record& record, ticks_portion& out) {
  if (auto read = read_tick_frame(record.payload, view_); !read)
    return fail(
        fmt::format("record {} of the tick log: {}", record.number.value, read.error().message));
  for (auto& run : view_.runs)
    if (auto taken = take_run(run, out); !taken) return taken;
  final_ = view_.final && record.writer >= run_;
  if (final_ || view_.time_mark != end_of_time) time_mark_ = std::max(time_mark_, view_.time_mark);
  return {};
}

result<void> subscription_reader::take_records(record_number accepted, std::uint64_t ticks_max,
                                               ticks_portion& out) {
  std::size_t scanned = 0;
  while (position_ < accepted && out.ticks < ticks_max && out.runs.size() < portion_bytes_max &&
         scanned < scanned_bytes_max) {
    auto number = position_ + record_number{1};
    auto record = tail_.read(number);
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr && number <= goal_) { // it has no write-ahead file any more
      position_ = number;
      continue;
    }
    if (*record == nullptr) return find_history(accepted); // sealed and released meanwhile
    if (auto taken = take_record(**record, out); !taken) return taken;
    scanned += (*record)->payload.size();
    position_ = number;
  }
  return {};
}

result<void> subscription_reader::next(record_number accepted, std::uint64_t ticks_max,
                                       ticks_portion& out) {
  out = {};
  if (wants_history_ && accepted > position_)
    if (auto found = find_history(accepted); !found) return found;
  auto taken = in_history_ ? take_history(ticks_max, out) : take_records(accepted, ticks_max, out);
  if (!taken) return taken;
  // In history, a mark that was read may be ahead of ticks of another day that come later.
  if (!in_history_) given_mark_ = time_mark_;
  out.time_mark = given_mark_;
  out.position = position_;
  out.final = final_ && !in_history_ && position_ == accepted;
  return {};
}

} // namespace tickmesh
