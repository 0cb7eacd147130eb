#include "actors/market/sources/file/file_rows.hpp"

#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/file/line_reader.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <filesystem>
#include <limits>
#include <span>

namespace tickmesh {

namespace {

constexpr std::uint64_t faults_shown_max = 5; // of one file
constexpr std::size_t rows_told = 4'096;      // between two words of how many there are

/// Finds the header behind comments, and says which kind of file it is.
result<record_parser*> find_header(const std::string& path, line_reader& reader,
                                   const std::vector<std::unique_ptr<record_parser>>& parsers,
                                   std::string_view& line, std::uint64_t& skipped) {
  auto more = reader.next(line);
  for (; more && *more && line.starts_with('#'); more = reader.next(line))
    ++skipped;
  if (!more) return tl::make_unexpected(more.error());
  if (!*more && skipped == 0) return fail(fmt::format("{}: is empty", path));
  if (!*more) return fail(fmt::format("{}: has comments but no header", path));
  if (auto* parser = find_parser(parsers, line)) return parser;
  for (auto [separator, name] :
       {std::pair{';', "semicolons"}, std::pair{'\t', "tabs"}, std::pair{'|', "vertical bars"}})
    if (find_parser(parsers, line, separator) != nullptr)
      return fail(fmt::format("{}:{}: {} stand between the fields; only commas are read", path,
                              reader.line_number(), name));
  return fail(fmt::format("{}:{}: {} is not a known header: CTP level 1, Binance quotes or trades, "
                          "or timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume",
                          path, reader.line_number(), quote_for_message(line)));
}

/// Counts what is malformed in one file, and says when it is too much.
class malformed_rows {
public:
  malformed_rows(const std::string& path, std::uint64_t max) : path_(path), max_(max) {}

  result<void> add(const fault& why) {
    ++count_;
    if (max_ == 0) return tl::make_unexpected(why);
    if (count_ > max_)
      return fail(fmt::format("{}: {} rows are malformed, and source.file.malformed_max = {}; the "
                              "first is {}",
                              path_, count_, max_, first().message));
    if (shown_.size() < faults_shown_max) shown_.push_back(why);
    return {};
  }

  std::uint64_t count() const { return count_; }
  /// The first one. Precondition: there is one.
  const fault& first() const { return shown_.front(); }

  /// Of a file that is read all the same.
  void report() const {
    for (auto& why : shown_)
      log_warning("malformed row left out: {}", why.message);
  }

private:
  const std::string& path_;
  std::uint64_t max_;
  std::uint64_t count_ = 0;
  std::vector<fault> shown_;
};

void report_units(const std::string& path, const csv_row& row) {
  for (std::size_t column = 0; column < row.column_count(); ++column)
    if (auto units = row.units_of(column); !std::has_single_bit(units) && units != 0)
      log_warning("{}: column {} holds {}; each row is read by its size", path,
                  row.column_name(column), name_units(units));
}

void report_leftovers(const std::string& path, const file_leftovers& left, std::size_t rows) {
  if (left.malformed > 0)
    log_warning("{}: {} malformed rows are left out, {} are read", path, left.malformed, rows);
  if (left.skipped > 0)
    log_warning("{}: {} lines are passed over: blank, a header again, or comments", path,
                left.skipped);
}

struct file_to_read {
  std::string path;
  source_id source{};
  std::uint64_t rows_max = 0;
  std::uint64_t malformed_max = 0;
};

/// Reads one file to the end of `rows`.
result<void> read_file(const file_to_read& file,
                       const std::vector<std::unique_ptr<record_parser>>& parsers,
                       const rows_read& on_rows, loaded_rows& rows) {
  auto& path = file.path;
  auto reader = line_reader::open(path);
  if (!reader) return tl::make_unexpected(reader.error());
  file_leftovers left{std::filesystem::path{path}.filename().string()};
  std::string_view line;
  auto parser = find_header(path, *reader, parsers, line, left.skipped);
  if (!parser) return tl::make_unexpected(parser.error());
  auto header = csv_header::match((*parser)->format(), line);
  if (!header)
    return fail(fmt::format("{}:{}: {}", path, reader->line_number(), header.error().message));
  csv_row row{path, *header};
  malformed_rows malformed{path, file.malformed_max};
  auto rows_before = rows.ticks.size();
  rows.file_begins.push_back(rows_before);
  auto more = reader->next(line);
  for (; more && *more; more = reader->next(line)) {
    if (line.empty() || header->is_repeated_by(line)) {
      ++left.skipped;
      continue;
    }
    if (rows.ticks.size() >= file.rows_max)
      return fail(fmt::format("{}:{}: more rows than source.file.rows_max = {} allows", path,
                              reader->line_number(), file.rows_max));
    row.assign(line, reader->line_number());
    parsed_record parsed;
    if (!row.failed()) (*parser)->parse(row, parsed);
    if (row.failed()) {
      if (reader->is_cut_off())
        return fail(fmt::format("{}:{}: the last line has no line break and is malformed; the file "
                                "may be truncated",
                                path, reader->line_number()));
      if (find_parser(parsers, line) != nullptr)
        return fail(
            fmt::format("{}:{}: another header; a file has one", path, reader->line_number()));
      if (auto counted = malformed.add(row.first_fault()); !counted) return counted;
      continue;
    }
    auto known = rows.symbols.find(parsed.symbol);
    if (known == rows.symbols.end()) {
      symbol_id id{static_cast<std::uint32_t>(rows.symbols.size())};
      known = rows.symbols.emplace(parsed.symbol, id).first;
    }
    parsed.record.symbol = known->second;
    parsed.record.source = file.source;
    parsed.record.position = source_position{reader->line_number()};
    rows.ticks.push_back(parsed.record);
    rows.exchange_times.push_back(parsed.exchange_time);
    if (on_rows && rows.ticks.size() % rows_told == 0) on_rows(rows.ticks.size());
  }
  if (!more) return tl::make_unexpected(more.error());
  left.malformed = malformed.count();
  if (rows.ticks.size() == rows_before)
    return left.malformed == 0
               ? fail(fmt::format("{}: has a header but no rows", path))
               : fail(fmt::format("{}: none of its {} rows can be read; the first is {}", path,
                                  left.malformed, malformed.first().message));
  malformed.report();
  report_units(path, row);
  report_leftovers(path, left, rows.ticks.size() - rows_before);
  if (left.malformed + left.skipped > 0) rows.leftovers.push_back(std::move(left));
  return {};
}

/// True when the two records say the same. What is a difference to the record before depends on the
/// files that were read before, and is left out.
bool say_the_same(const tick& a, const tick& b) {
  auto copy = b;
  copy.source = a.source;
  if (a.cumulative_volume != quantity{}) {
    copy.volume = a.volume;
    copy.turnover = a.turnover;
  }
  return a == copy;
}

/// The same file twice would trade twice on the same ticks.
result<void> check_apart(const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      std::error_code unreadable; // is said when it is opened
      if (paths[i] == paths[j] || std::filesystem::equivalent(paths[i], paths[j], unreadable))
        return fail(fmt::format("source.file.paths: {} and {} are the same file; name it once",
                                paths[j], paths[i]));
    }
  return {};
}

/// check_apart for copies, whatever their names and compression.
result<void> check_contents(const std::vector<std::string>& paths, const loaded_rows& rows) {
  auto file = [&](std::size_t i) {
    auto end = i + 1 < rows.file_begins.size() ? rows.file_begins[i + 1] : rows.ticks.size();
    return std::span{rows.ticks}.subspan(rows.file_begins[i], end - rows.file_begins[i]);
  };
  for (std::size_t i = 0; i < paths.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::ranges::equal(file(i), file(j), say_the_same))
        return fail(fmt::format("source.file.paths: {} and {} hold the same {} rows; name one of "
                                "them",
                                paths[j], paths[i], file(i).size()));
  return {};
}

} // namespace

result<loaded_rows> load_rows(const file_settings& settings, const instrument_table& instruments,
                              const rows_read& on_rows) {
  auto& paths = settings.paths;
  if (paths.empty()) return fail("source.file.paths: is empty; at least one file is needed");
  if (paths.size() > std::numeric_limits<source_id::rep>::max())
    return fail(fmt::format("source.file.paths: {} files; at most {} are allowed", paths.size(),
                            std::numeric_limits<source_id::rep>::max()));
  constexpr std::uint64_t rows_limit = std::numeric_limits<std::uint32_t>::max();
  if (settings.rows_max > rows_limit)
    return fail(
        fmt::format("source.file.rows_max: {} is more than {}", settings.rows_max, rows_limit));
  if (auto apart = check_apart(paths); !apart) return tl::make_unexpected(apart.error());
  auto parsers = make_record_parsers(instruments);
  loaded_rows rows;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    file_to_read file{paths[i], source_id{static_cast<source_id::rep>(i)}, settings.rows_max,
                      settings.malformed_max};
    auto read = read_file(file, parsers, on_rows, rows);
    if (!read) return tl::make_unexpected(read.error());
  }
  if (auto apart = check_contents(paths, rows); !apart) return tl::make_unexpected(apart.error());
  return rows;
}

} // namespace tickmesh
