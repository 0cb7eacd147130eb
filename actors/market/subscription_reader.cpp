#include "actors/market/subscription_reader.hpp"

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
                                         record_number after, file_system& files)
    : root_(std::move(log)), files_(files), tail_(root_, files), position_(after),
      look_for_sealed_(after == record_number{}) {
  for (auto& w : wanted)
    next_[w.symbol] = w.first;
}

bool subscription_reader::is_sealed(record_number number) const {
  return std::ranges::any_of(
      spans_, [&](auto& span) { return span.first <= number && number <= span.last; });
}

/// Finds what is sealed of the records behind position_, and where to go on behind that.
result<void> subscription_reader::find_sealed(record_number accepted) {
  look_for_sealed_ = false;
  spans_.clear();
  std::vector<std::string> days;
  if (files_.list(root_, days) != 0) return file_fault(root_, "the directory can't be read");
  auto last_sealed = position_;
  std::optional<record_number> oldest_unsealed;
  for (auto& day : days) {
    if (!parse_day_name(day)) continue;
    std::vector<std::string> names;
    if (files_.list(root_ / day, names) != 0) continue; // dropped meanwhile
    auto sealed = read_sealed(files_, root_ / day);     // behind the names: see tick_log_files
    if (!sealed) return tl::make_unexpected(sealed.error());
    std::set<record_number> given;
    for (auto& segment : *sealed) {
      // One with records that are not accepted yet has its write-ahead file still.
      if (segment.last > accepted) continue;
      given.insert(segment.first);
      spans_.push_back({root_ / day / ticks_name(segment.first), segment.first, segment.last});
      last_sealed = std::max(last_sealed, segment.last);
      if (segment.last > position_ && !next_.empty()) unread_.push_back(spans_.back());
    }
    for (auto& name : names)
      if (auto first = parse_wal_name(name); first && !given.contains(*first))
        oldest_unsealed = std::min(oldest_unsealed.value_or(*first), *first);
  }
  // The last record is read as a record, for its time mark and for what it says of the end.
  behind_sealed_ = oldest_unsealed ? *oldest_unsealed - record_number{1} : last_sealed;
  behind_sealed_ = std::max(position_, std::min(behind_sealed_, accepted - record_number{1}));
  if (unread_.empty()) position_ = behind_sealed_;
  return {};
}

/// Opens the next sealed segment, and sees which of its blocks are wanted.
result<void> subscription_reader::open_sealed(const fs::path& file) {
  open_.reset();
  auto opened = sealed_reader::open(files_, file);
  if (!opened && errno == ENOENT) return {}; // dropped meanwhile: its numbers will be missing
  if (!opened) return tl::make_unexpected(opened.error());
  open_ = std::move(*opened);
  for (auto& block : open_->index()) {
    auto wanted = next_.find(symbol_id{block.symbol});
    if (wanted != next_.end() && block.last_number >= wanted->second.value)
      blocks_.push_back(block);
  }
  return {};
}

/// Gives a block, or opens the segment of the next one.
result<void> subscription_reader::take_sealed(ticks_portion& out) {
  if (blocks_.empty()) {
    if (auto opened = open_sealed(unread_.front().file); !opened) return opened;
    unread_.pop_front();
  } else {
    auto block = blocks_.front();
    blocks_.pop_front();
    if (auto read = open_->read_block(block, block_bytes_, block_); !read) return read;
    std::vector<tick> ticks;
    if (auto read = block_.append_ticks(0, block_.count(), ticks); !read) return read;
    auto first = next_[symbol_id{block.symbol}];
    std::erase_if(ticks, [&](auto& t) { return t.number < first; });
    append_ticks(ticks, first_data_epoch, out);
  }
  if (!blocks_.empty() || !unread_.empty()) return {};
  open_.reset();
  position_ = behind_sealed_;
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

result<void> subscription_reader::take_records(record_number accepted, std::uint64_t ticks_max,
                                               ticks_portion& out) {
  std::size_t scanned = 0;
  while (position_ < accepted && out.ticks < ticks_max && out.runs.size() < portion_bytes_max &&
         scanned < scanned_bytes_max) {
    auto number = position_ + record_number{1};
    auto record = tail_.read(number);
    if (!record) return tl::make_unexpected(record.error());
    if (*record == nullptr) {
      if (is_sealed(number)) { // its ticks were given in blocks
        position_ = number;
        continue;
      }
      if (missing_ == number)
        return fail(fmt::format("{}: record {} is neither in a write-ahead file nor sealed; verify "
                                "the log",
                                root_.string(), number.value));
      missing_ = number; // sealed and released meanwhile
      look_for_sealed_ = true;
      return {};
    }
    if (auto read = read_tick_frame((*record)->payload, view_); !read)
      return fail(fmt::format("record {} of the tick log: {}", number.value, read.error().message));
    scanned += (*record)->payload.size();
    for (auto& run : view_.runs)
      if (auto taken = take_run(run, out); !taken) return taken;
    time_mark_ = std::max(time_mark_, view_.time_mark);
    final_ = view_.final;
    position_ = number;
  }
  return {};
}

result<void> subscription_reader::next(record_number accepted, std::uint64_t ticks_max,
                                       ticks_portion& out) {
  out = {};
  if (look_for_sealed_ && position_ < accepted)
    if (auto found = find_sealed(accepted); !found) return found;
  auto taken = blocks_.empty() && unread_.empty() ? take_records(accepted, ticks_max, out)
                                                  : take_sealed(out);
  if (!taken) return taken;
  out.time_mark = time_mark_;
  out.position = position_;
  out.final = final_ && position_ == accepted;
  return {};
}

} // namespace tickmesh
