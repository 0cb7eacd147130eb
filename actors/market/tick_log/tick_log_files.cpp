#include "actors/market/tick_log/tick_log_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

constexpr int lookups_max = 16; ///< of a day whose segments are sealed and released meanwhile

} // namespace

result<void> decode_rejected(std::string_view bytes, record_number logged_in,
                             std::vector<rejected_tick>& out) {
  auto run = read_rejected_run(bytes);
  if (!run) return tl::make_unexpected(run.error());
  std::vector<tick> ticks;
  if (auto done = run->records.decode_ticks(ticks); !done) return done;
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    ticks[i].number = {};
    ticks[i].effective_time = {};
    out.push_back({ticks[i], run->reason(i), logged_in});
  }
  return {};
}

tick_log_files::tick_log_files(fs::path root, file_system& files)
    : root_(std::move(root)), files_(files) {}

fs::path tick_log_files::day_path(std::int32_t trading_day) const {
  return root_ / fmt::format("{:08}", trading_day);
}

result<newest_ticks*> tick_log_files::kept_newest() {
  if (!newest_) {
    auto opened = newest_ticks::open(files_, root_);
    if (!opened) return tl::make_unexpected(opened.error());
    newest_ = std::move(*opened);
  }
  return &*newest_;
}

result<void> tick_log_files::load() {
  std::vector<std::string> names;
  if (files_.list(root_, names) != 0) return file_fault(root_, "the directory can't be read");
  for (auto& name : names)
    if (auto day = parse_day_name(name))
      if (auto done = load_day(*day); !done) return done;
  return {};
}

result<void> tick_log_files::load_day(std::int32_t trading_day) {
  std::map<record_number, logged_segment> found;
  for (int attempt = 0; attempt < lookups_max; ++attempt) {
    found.clear();
    auto complete = load_listed(trading_day, found);
    if (!complete) return tl::make_unexpected(complete.error());
    if (!*complete) continue;
    for (auto& [first, segment] : found)
      segments_.push_back(std::move(segment));
    return {};
  }
  return fail(fmt::format("{}: files went away during {} look-ups; try again",
                          day_path(trading_day).string(), lookups_max));
}

result<bool> tick_log_files::load_listed(std::int32_t trading_day,
                                         std::map<record_number, logged_segment>& out) {
  auto day = day_path(trading_day);
  std::vector<std::string> names;
  if (files_.list(day, names) != 0) {
    if (errno == ENOENT) return true; // dropped meanwhile
    return file_fault(day, "the directory can't be read");
  }
  auto sealed = read_sealed(files_, day); // behind the names: what is sealed meanwhile is in both
  if (!sealed) return tl::make_unexpected(sealed.error());
  for (auto& entry : *sealed) {
    auto& segment = out[entry.first];
    segment.trading_day = trading_day;
    segment.totals = entry;
    segment.sealed = true;
  }
  for (auto& name : names) {
    auto first = parse_wal_name(name);
    if (!first) continue;
    wal_files_.insert(day / name);
    if (out.contains(*first)) continue;
    auto& segment = out[*first];
    segment.trading_day = trading_day;
    segment.totals.first = *first;
    auto there = load_records(segment);
    if (!there || !*there) return there;
    if (segment.bytes.empty()) out.erase(*first);
  }
  return true;
}

result<bool> tick_log_files::load_records(logged_segment& segment) {
  auto path = day_path(segment.trading_day) / wal_name(segment.totals.first);
  auto there = read_file(files_, path, segment.bytes);
  if (!there || !*there) return there;
  std::string_view rest = segment.bytes;
  framed_record parsed;
  std::size_t end = 0;
  while (parse_record(rest.substr(end), parsed) == frame_state::complete) {
    segment.totals.last = parsed.record.number;
    segment.totals.ticks += parsed.record.ticks;
    segment.totals.rejected += parsed.record.rejected;
    end += parsed.bytes;
  }
  segment.bytes.resize(end);
  rest = segment.bytes;
  tick_frame_view frame;
  while (!rest.empty()) {
    parse_record_header(rest, parsed);
    if (auto done = read_tick_frame(parsed.record.payload, frame); !done)
      return fail(fmt::format("{}: offset {}: {}", path.string(),
                              segment.bytes.size() - rest.size(), done.error().message));
    for (auto& run : frame.runs)
      segment.runs[run.symbol].push_back(run);
    for (auto& run : frame.rejected)
      segment.rejected.emplace_back(parsed.record.number, run);
    rest.remove_prefix(parsed.bytes);
  }
  return true;
}

result<const std::vector<block_entry>*> tick_log_files::index_of(logged_segment& segment) {
  if (!segment.blocks) {
    auto opened = sealed_reader::open(files_, day_path(segment.trading_day) /
                                                  ticks_name(segment.totals.first));
    if (!opened) return tl::make_unexpected(opened.error());
    segment.blocks = std::move(*opened);
  }
  return &segment.blocks->index();
}

result<std::span<const block_entry>> tick_log_files::blocks_of(logged_segment& segment,
                                                               symbol_id symbol) {
  auto index = index_of(segment);
  if (!index) return tl::make_unexpected(index.error());
  auto [begin, end] = std::equal_range(
      (*index)->begin(), (*index)->end(), block_entry{.symbol = symbol.value},
      [](const block_entry& a, const block_entry& b) { return a.symbol < b.symbol; });
  return std::span<const block_entry>{begin, end};
}

result<tick_block_reader*> tick_log_files::read_block(logged_segment& segment,
                                                      const block_entry& entry) {
  if (auto done = segment.blocks->read_block(entry, block_bytes_, block_); !done)
    return tl::make_unexpected(done.error());
  return &block_;
}

result<void>
tick_log_files::visit_runs(logged_segment& segment,
                           const std::function<result<void>(tick_block_reader&)>& visit) {
  auto done = for_each_block(segment.runs, builder_, [&](symbol_id symbol) -> result<void> {
    block_bytes_.clear();
    builder_.finish(symbol, block_bytes_);
    if (auto read = block_.read(block_bytes_); !read) return read;
    return visit(block_);
  });
  builder_.clear();
  return done;
}

} // namespace tickmesh
