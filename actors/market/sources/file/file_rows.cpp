#include "actors/market/sources/file/file_rows.hpp"

#include "actors/market/feed/read_ahead.hpp"
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/file/line_reader.hpp"

#include <fmt/format.h>

#include <bit>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>

namespace tickmesh {

namespace {

constexpr std::uint64_t faults_shown_max = 5; // of one file
constexpr std::size_t batch_rows = 1'024;
/// While a run of rows is sorted and stored (tick_sorter), as many can be read.
constexpr std::size_t batches_ahead = 64;

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
  malformed_rows(std::string path, std::uint64_t max) : path_(std::move(path)), max_(max) {}

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
  void report(std::vector<std::string>& warnings) const {
    for (auto& why : shown_)
      warnings.push_back(fmt::format("malformed row left out: {}", why.message));
  }

private:
  std::string path_;
  std::uint64_t max_;
  std::uint64_t count_ = 0;
  std::vector<fault> shown_;
};

void report_units(const std::string& path, const csv_row& row, std::vector<std::string>& warnings) {
  for (std::size_t column = 0; column < row.column_count(); ++column)
    if (auto units = row.units_of(column); !std::has_single_bit(units) && units != 0)
      warnings.push_back(fmt::format("{}: column {} holds {}; each row is read by its size", path,
                                     row.column_name(column), name_units(units)));
}

void report_leftovers(const std::string& path, const file_leftovers& left, std::uint64_t rows,
                      std::vector<std::string>& warnings) {
  if (left.malformed > 0)
    warnings.push_back(
        fmt::format("{}: {} malformed rows are left out, {} are read", path, left.malformed, rows));
  if (left.skipped > 0)
    warnings.push_back(fmt::format(
        "{}: {} lines are passed over: blank, a header again, or comments", path, left.skipped));
}

/// A file that is being read.
struct open_file {
  std::string path;
  source_id source{};
  line_reader reader;
  record_parser& parser;
  csv_header header;
  csv_row row;
  malformed_rows malformed;
  file_leftovers left;
  std::uint64_t rows = 0;
};

/// The rows of all files, one file after the other.
class row_parser {
public:
  row_parser(const file_settings& settings, const instrument_table& instruments)
      : settings_(settings), parsers_(make_record_parsers(instruments)) {}

  /// Appends to a batch that is empty; nothing at the end, and behind a fault.
  void read(row_batch& batch) {
    while (!fault_ && batch.rows.size() < batch_rows) {
      if (file_ == nullptr && next_file_ == settings_.paths.size()) return;
      auto read = file_ == nullptr ? open_next() : read_line(batch);
      if (!read) fault_ = read.error();
    }
  }

  const std::optional<fault>& first_fault() const { return fault_; }
  files_read& had() { return had_; }

private:
  result<void> open_next() {
    auto& path = settings_.paths[next_file_];
    auto reader = line_reader::open(path);
    if (!reader) return tl::make_unexpected(reader.error());
    file_leftovers left{std::filesystem::path{path}.filename().string()};
    std::string_view line;
    auto parser = find_header(path, *reader, parsers_, line, left.skipped);
    if (!parser) return tl::make_unexpected(parser.error());
    auto header = csv_header::match((*parser)->format(), line);
    if (!header)
      return fail(fmt::format("{}:{}: {}", path, reader->line_number(), header.error().message));
    csv_row row{path, *header};
    malformed_rows malformed{path, settings_.malformed_max};
    file_.reset(new open_file{path, source_id{static_cast<source_id::rep>(next_file_++)},
                              std::move(*reader), **parser, std::move(*header), std::move(row),
                              std::move(malformed), std::move(left)});
    return {};
  }

  result<void> read_line(row_batch& batch) {
    auto& file = *file_;
    std::string_view line;
    auto more = file.reader.next(line);
    if (!more) return tl::make_unexpected(more.error());
    if (!*more) return end_file();
    if (line.empty() || file.header.is_repeated_by(line)) {
      ++file.left.skipped;
      return {};
    }
    file.row.assign(line, file.reader.line_number());
    parsed_record parsed;
    if (!file.row.failed()) file.parser.parse(file.row, parsed);
    if (file.row.failed()) return refuse_line(line);
    parsed.record.symbol = number_symbol(parsed.symbol, batch);
    parsed.record.source = file.source;
    parsed.record.position = source_position{file.reader.line_number()};
    batch.rows.push_back({parsed.record, parsed.exchange_time});
    ++file.rows;
    return {};
  }

  result<void> refuse_line(std::string_view line) {
    auto& file = *file_;
    auto refuse = [&file](std::string_view why) {
      return fail(fmt::format("{}:{}: {}", file.path, file.reader.line_number(), why));
    };
    if (file.reader.is_cut_off())
      return refuse("the last line has no line break and is malformed; the file may be truncated");
    if (find_parser(parsers_, line) != nullptr) return refuse("another header; a file has one");
    return file.malformed.add(file.row.first_fault());
  }

  result<void> end_file() {
    auto file = std::move(file_);
    file->left.malformed = file->malformed.count();
    if (file->rows == 0)
      return file->left.malformed == 0
                 ? fail(fmt::format("{}: has a header but no rows", file->path))
                 : fail(fmt::format("{}: none of its {} rows can be read; the first is {}",
                                    file->path, file->left.malformed,
                                    file->malformed.first().message));
    file->malformed.report(had_.warnings);
    report_units(file->path, file->row, had_.warnings);
    report_leftovers(file->path, file->left, file->rows, had_.warnings);
    if (file->left.malformed + file->left.skipped > 0)
      had_.leftovers.push_back(std::move(file->left));
    return {};
  }

  symbol_id number_symbol(std::string_view name, row_batch& batch) {
    if (auto known = symbols_.find(name); known != symbols_.end()) return known->second;
    symbol_id id{static_cast<std::uint32_t>(symbols_.size())};
    batch.symbols.emplace_back(name);
    symbols_.emplace(name, id);
    return id;
  }

  const file_settings& settings_;
  std::vector<std::unique_ptr<record_parser>> parsers_;
  std::map<std::string, symbol_id, std::less<>> symbols_;
  std::size_t next_file_ = 0;
  std::unique_ptr<open_file> file_;
  files_read had_;
  std::optional<fault> fault_;
};

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

} // namespace

result<files_read> read_files(const file_settings& settings, const instrument_table& instruments,
                              const std::function<result<void>(const row_batch&)>& take) {
  auto& paths = settings.paths;
  if (paths.empty()) return fail("source.file.paths: is empty; at least one file is needed");
  if (paths.size() > std::numeric_limits<source_id::rep>::max())
    return fail(fmt::format("source.file.paths: {} files; at most {} are allowed", paths.size(),
                            std::numeric_limits<source_id::rep>::max()));
  if (auto apart = check_apart(paths); !apart) return tl::make_unexpected(apart.error());
  row_parser parser{settings, instruments};
  read_ahead<row_batch> ahead{[&parser](row_batch& batch) { parser.read(batch); }, batches_ahead};
  while (auto* batch = ahead.next())
    if (auto taken = take(*batch); !taken) return tl::make_unexpected(taken.error());
  if (auto& why = parser.first_fault()) return tl::make_unexpected(*why);
  return std::move(parser.had());
}

} // namespace tickmesh
