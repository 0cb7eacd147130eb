#include "actors/market/tick_log/tick_log_reader.hpp"

#include "actors/market/tick_log/tick_log_files.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

/// Appends the ticks of a symbol that `wanted(tick)` takes. `overlaps(block)` and `overlaps(run)`
/// say whether a block or run can have any.
template <class Overlaps, class Wanted>
result<void> select(tick_log_files& files, symbol_id symbol, Overlaps overlaps, Wanted wanted,
                    std::vector<tick>& out) {
  std::vector<tick> ticks;
  auto take = [&] {
    std::copy_if(ticks.begin(), ticks.end(), std::back_inserter(out), wanted);
    ticks.clear();
  };
  for (auto& segment : files.segments()) {
    if (!segment.sealed) {
      auto found = segment.runs.find(symbol);
      if (found == segment.runs.end()) continue;
      for (auto& run : found->second) {
        if (!overlaps(run)) continue;
        if (auto done = run.decode_ticks(ticks); !done) return done;
        take();
      }
      continue;
    }
    auto blocks = files.blocks_of(segment, symbol);
    if (!blocks) return tl::make_unexpected(blocks.error());
    for (auto& entry : *blocks) {
      if (!overlaps(entry)) continue;
      auto block = files.read_block(segment, entry);
      if (!block) return tl::make_unexpected(block.error());
      if (auto done = (*block)->append_ticks(0, (*block)->count(), ticks); !done) return done;
      take();
    }
  }
  return {};
}

} // namespace

tick_log_reader::tick_log_reader(std::unique_ptr<tick_log_files> files)
    : files_(std::move(files)) {}
tick_log_reader::tick_log_reader(tick_log_reader&&) noexcept = default;
tick_log_reader& tick_log_reader::operator=(tick_log_reader&&) noexcept = default;
tick_log_reader::~tick_log_reader() = default;

result<tick_log_reader> tick_log_reader::open(const std::filesystem::path& root,
                                              file_system& files) {
  auto found = std::make_unique<tick_log_files>(root, files);
  if (auto done = found->load(); !done) return tl::make_unexpected(done.error());
  return tick_log_reader{std::move(found)};
}

result<std::vector<logged_day>> tick_log_reader::days() {
  std::vector<logged_day> out;
  for (auto& segment : files_->segments()) {
    auto& totals = segment.totals;
    if (out.empty() || out.back().trading_day != segment.trading_day) {
      out.push_back({});
      out.back().trading_day = segment.trading_day;
      out.back().first = totals.first;
    }
    auto& day = out.back();
    day.ticks += totals.ticks;
    day.rejected += totals.rejected;
    day.block_bytes += totals.tick_bytes + totals.rejected_bytes;
    day.unsealed_bytes += segment.bytes.size();
    day.last = std::max(day.last, totals.last);
  }
  return out;
}

result<std::vector<logged_symbol>> tick_log_reader::symbols(std::int32_t trading_day) {
  std::map<symbol_id, logged_symbol> found;
  auto add = [&](symbol_id symbol, std::uint64_t count, sequence first, sequence last,
                 timestamp begin, timestamp end) {
    auto [place, fresh] = found.try_emplace(symbol);
    auto& s = place->second;
    if (fresh) s = {symbol, 0, first, last, begin, end};
    s.ticks += count;
    s.last = last;
    s.end = end;
  };
  std::vector<tick> ticks;
  for (auto& segment : files_->segments()) {
    if (segment.trading_day != trading_day) continue;
    for (auto& [symbol, runs] : segment.runs)
      for (auto& run : runs) {
        ticks.clear();
        if (auto done = run.decode_ticks(ticks); !done) return tl::make_unexpected(done.error());
        add(symbol, ticks.size(), ticks.front().number, ticks.back().number,
            ticks.front().effective_time, ticks.back().effective_time);
      }
    if (!segment.sealed) continue;
    auto index = files_->index_of(segment);
    if (!index) return tl::make_unexpected(index.error());
    for (auto& entry : **index)
      add(symbol_id{entry.symbol}, entry.count, sequence{entry.first_number},
          sequence{entry.last_number}, from_ns(entry.begin_ns), from_ns(entry.end_ns));
  }
  std::vector<logged_symbol> out;
  for (auto& [id, symbol] : found)
    out.push_back(symbol);
  return out;
}

result<void> tick_log_reader::ticks_by_number(symbol_id symbol, sequence first, sequence last,
                                              std::vector<tick>& out) {
  struct by_number {
    sequence first, last;
    bool operator()(const block_entry& entry) const {
      return entry.last_number >= first.value && entry.first_number <= last.value;
    }
    bool operator()(const tick_run_view& run) const { // its numbers have no holes
      return run.first_number + sequence{run.count} > first && run.first_number <= last;
    }
  };
  return select(
      *files_, symbol, by_number{first, last},
      [&](const tick& t) { return t.number >= first && t.number <= last; }, out);
}

result<void> tick_log_reader::ticks_by_time(symbol_id symbol, timestamp begin, timestamp end,
                                            std::vector<tick>& out) {
  struct by_time {
    timestamp begin, end;
    bool operator()(const block_entry& entry) const {
      return entry.end_ns >= to_ns(begin) && entry.begin_ns < to_ns(end);
    }
    bool operator()(const tick_run_view&) const { return true; } // its times are not known
  };
  return select(
      *files_, symbol, by_time{begin, end},
      [&](const tick& t) { return t.effective_time >= begin && t.effective_time < end; }, out);
}

result<void> tick_log_reader::last_ticks(symbol_id symbol, std::size_t count,
                                         std::vector<tick>& out) {
  std::vector<tick> ticks;
  auto missing = count;
  auto take = [&] {
    for (auto t = ticks.rbegin(); t != ticks.rend() && missing > 0; ++t, --missing)
      out.push_back(*t);
    ticks.clear();
  };
  auto& segments = files_->segments();
  for (auto segment = segments.rbegin(); segment != segments.rend() && missing > 0; ++segment) {
    if (auto found = segment->runs.find(symbol); found != segment->runs.end())
      for (auto run = found->second.rbegin(); run != found->second.rend() && missing > 0; ++run) {
        if (auto done = run->decode_ticks(ticks); !done) return done;
        take();
      }
    if (!segment->sealed) continue;
    auto blocks = files_->blocks_of(*segment, symbol);
    if (!blocks) return tl::make_unexpected(blocks.error());
    for (auto entry = blocks->rbegin(); entry != blocks->rend() && missing > 0; ++entry) {
      auto block = files_->read_block(*segment, *entry);
      if (!block) return tl::make_unexpected(block.error());
      if (auto done = (*block)->append_ticks(0, (*block)->count(), ticks); !done) return done;
      take();
    }
  }
  if (missing == 0) return {};
  auto newest = files_->kept_newest();
  if (!newest) return tl::make_unexpected(newest.error());
  auto before = missing < count ? out.back().number : sequence{UINT64_MAX};
  return (*newest)->read(symbol, before, missing, out);
}

result<void> tick_log_reader::scan(std::int32_t trading_day,
                                   const std::function<result<void>(tick_block_reader&)>& visit) {
  for (auto& segment : files_->segments()) {
    if (segment.trading_day != trading_day) continue;
    if (!segment.sealed) {
      if (auto done = files_->visit_runs(segment, visit); !done) return done;
      continue;
    }
    auto index = files_->index_of(segment);
    if (!index) return tl::make_unexpected(index.error());
    for (auto& entry : **index) {
      auto block = files_->read_block(segment, entry);
      if (!block) return tl::make_unexpected(block.error());
      if (auto done = visit(**block); !done) return done;
    }
  }
  return {};
}

result<void> tick_log_reader::rejected(std::int32_t trading_day, record_number after,
                                       std::vector<rejected_tick>& out) {
  auto take = [&](record_number record, std::string_view bytes) -> result<void> {
    return record > after ? decode_rejected(bytes, record, out) : result<void>{};
  };
  for (auto& segment : files_->segments()) {
    if (segment.trading_day != trading_day || segment.totals.last <= after) continue;
    for (auto& [record, bytes] : segment.rejected)
      if (auto done = take(record, bytes); !done) return done;
    if (segment.totals.rejected_bytes == 0) continue;
    auto path = files_->day_path(trading_day) / rejected_name(segment.totals.first);
    if (auto done = read_rejected(files_->files(), path, take); !done) return done;
  }
  return {};
}

} // namespace tickmesh
