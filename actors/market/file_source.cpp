#include "actors/market/file_source.hpp"

#include "actors/market/csv_records.hpp"
#include "actors/market/fingerprint.hpp"
#include "actors/market/line_reader.hpp"
#include "messages/exchange_clock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>

namespace tickmesh {

namespace {

/// All rows in file order. Until the source is complete, symbols are numbered by first appearance.
struct loaded_rows {
  std::vector<tick> ticks;
  std::vector<timestamp> exchange_times;
  std::map<std::string, symbol_id, std::less<>> symbols;
};

class file_source final : public feed_source, public std::enable_shared_from_this<file_source> {
public:
  file_source(const source_settings& settings, loaded_rows rows);

  const symbol_table& symbols() const override { return symbols_; }
  const std::vector<std::string>& source_names() const override { return source_names_; }
  std::uint64_t fingerprint() const override { return fingerprint_; }
  std::unique_ptr<feed> open(const resume_points& from) const override;
  using feed_source::open;

  /// The n-th record in merge order, its merge key in `effective_time`; null behind the last one.
  const tick* record(std::size_t n) const {
    return n < order_.size() ? &ticks_[order_[n]] : nullptr;
  }

private:
  void settle_times(const std::vector<timestamp>& exchange_times);
  void sort_symbols(const loaded_rows& rows);
  void merge();
  void take_fingerprint();

  nanoseconds time_mark_interval_;
  symbol_table symbols_;
  std::vector<std::string> source_names_;
  std::vector<tick> ticks_;
  std::vector<std::uint32_t> order_;
  std::uint64_t fingerprint_ = 0;
};

class file_feed final : public marked_feed {
public:
  file_feed(std::shared_ptr<const file_source> source, nanoseconds interval)
      : marked_feed(interval), source_(std::move(source)) {}

protected:
  bool read(tick& out) override {
    auto* found = source_->record(next_);
    if (!found) return false;
    out = *found;
    ++next_;
    return true;
  }

private:
  std::shared_ptr<const file_source> source_;
  std::size_t next_ = 0;
};

file_source::file_source(const source_settings& settings, loaded_rows rows)
    : time_mark_interval_(settings.time_mark_interval), ticks_(std::move(rows.ticks)) {
  for (auto& path : settings.file.paths)
    source_names_.push_back(std::filesystem::path{path}.filename().string());
  sort_symbols(rows);
  settle_times(rows.exchange_times);
  merge();
  take_fingerprint();
}

std::unique_ptr<feed> file_source::open(const resume_points&) const {
  return std::make_unique<file_feed>(shared_from_this(), time_mark_interval_);
}

void file_source::sort_symbols(const loaded_rows& rows) {
  std::vector<symbol_id> by_appearance(rows.symbols.size());
  for (auto& [name, id] : rows.symbols)
    by_appearance[id.value] = symbols_.add(name);
  for (auto& t : ticks_)
    t.symbol = by_appearance[t.symbol.value];
}

/// The exchange's time counts only where every row of the symbol has it: one symbol must not mix
/// two clocks.
void file_source::settle_times(const std::vector<timestamp>& exchange_times) {
  std::vector<bool> complete(symbols_.size(), true);
  for (std::size_t i = 0; i < ticks_.size(); ++i)
    if (exchange_times[i] == parsed_record::no_exchange_time)
      complete[ticks_[i].symbol.value] = false;
  for (std::size_t i = 0; i < ticks_.size(); ++i) {
    auto& t = ticks_[i];
    if (complete[t.symbol.value]) t.event_time = exchange_times[i];
    if (t.trading_day == 0) t.trading_day = utc_date(t.event_time);
  }
}

void file_source::merge() {
  std::vector<timestamp> latest(symbols_.size());
  source_id file{};
  for (auto& t : ticks_) {
    if (t.source != file) {
      file = t.source;
      std::fill(latest.begin(), latest.end(), timestamp{});
    }
    auto& key = latest[t.symbol.value];
    key = std::max(key, t.event_time);
    t.effective_time = key;
  }
  order_.resize(ticks_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  // File order is (file, line) order, which a stable sort keeps among equal keys.
  std::stable_sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return ticks_[a].effective_time < ticks_[b].effective_time;
  });
}

void file_source::take_fingerprint() {
  fingerprint_builder content;
  content.add(time_mark_interval_.count());
  for (auto& name : source_names_)
    content.add(name);
  for (auto& name : symbols_.names())
    content.add(name);
  for (auto i : order_)
    content.add(ticks_[i]);
  fingerprint_ = content.value();
}

/// Reads one file to the end of `rows`.
result<void> read_file(const std::string& path, source_id source, std::uint64_t rows_max,
                       const std::vector<std::unique_ptr<record_parser>>& parsers,
                       loaded_rows& rows) {
  auto reader = line_reader::open(path);
  if (!reader) return tl::make_unexpected(reader.error());
  std::string_view line;
  auto more = reader->next(line);
  if (!more) return tl::make_unexpected(more.error());
  if (!*more) return fail(fmt::format("{}: is empty", path));
  auto* parser = find_parser(parsers, line);
  if (!parser)
    return fail(
        fmt::format("{}:1: {} is not a known header: CTP level 1, Binance quotes or trades, "
                    "or timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume",
                    path, quote_for_message(line)));
  auto header = csv_header::match(parser->format(), line);
  if (!header) return fail(fmt::format("{}:1: {}", path, header.error().message));
  csv_row row{path, std::move(*header)};
  auto rows_before = rows.ticks.size();
  for (more = reader->next(line); more && *more; more = reader->next(line)) {
    if (rows.ticks.size() >= rows_max)
      return fail(fmt::format("{}:{}: more rows than source.file.rows_max = {} allows", path,
                              reader->line_number(), rows_max));
    row.assign(line, reader->line_number());
    parsed_record parsed;
    if (!row.failed()) parser->parse(row, parsed);
    if (row.failed()) return tl::make_unexpected(row.first_fault());
    auto known = rows.symbols.find(parsed.symbol);
    if (known == rows.symbols.end()) {
      symbol_id id{static_cast<std::uint32_t>(rows.symbols.size())};
      known = rows.symbols.emplace(parsed.symbol, id).first;
    }
    parsed.record.symbol = known->second;
    parsed.record.source = source;
    parsed.record.position = source_position{reader->line_number()};
    rows.ticks.push_back(parsed.record);
    rows.exchange_times.push_back(parsed.exchange_time);
  }
  if (!more) return tl::make_unexpected(more.error());
  if (rows.ticks.size() == rows_before)
    return fail(fmt::format("{}: has a header but no rows", path));
  return {};
}

} // namespace

result<std::shared_ptr<const feed_source>> load_file_source(const source_settings& settings,
                                                            const instrument_table& instruments) {
  auto& paths = settings.file.paths;
  if (paths.empty()) return fail("source.file.paths: is empty; at least one file is needed");
  if (paths.size() > std::numeric_limits<source_id::rep>::max())
    return fail(fmt::format("source.file.paths: {} files; at most {} are allowed", paths.size(),
                            std::numeric_limits<source_id::rep>::max()));
  constexpr std::uint64_t rows_limit = std::numeric_limits<std::uint32_t>::max();
  if (settings.file.rows_max > rows_limit)
    return fail(fmt::format("source.file.rows_max: {} is more than {}", settings.file.rows_max,
                            rows_limit));
  auto parsers = make_record_parsers(instruments);
  loaded_rows rows;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    source_id source{static_cast<source_id::rep>(i)};
    auto read = read_file(paths[i], source, settings.file.rows_max, parsers, rows);
    if (!read) return tl::make_unexpected(read.error());
  }
  return std::make_shared<const file_source>(settings, std::move(rows));
}

} // namespace tickmesh
