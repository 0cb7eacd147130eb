// Recorded files: rows of every kind, and whole files, plain and compressed.
#include "actors/market/sources/file/csv_records.hpp"
#include "actors/market/sources/file/file_rows.hpp"
#include "actors/market/transfer/tick_csv.hpp"
#include "messages/utf8.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/log_files.hpp"
#include "tests/support/market_files.hpp"

#include <fmt/format.h>

namespace tickmesh {

namespace source_file_fuzz {

namespace {

const instrument_table& some_instruments() {
  static const instrument_table table{{make_instrument("S*", "SIM"),
                                       make_instrument("ru####", "SHFE", "Asia/Shanghai"),
                                       make_instrument("BTCUSDT", "BINANCE")}};
  return table;
}

/// What a person is to read has no bytes that are no text.
void check_message(const fault& why) {
  must(!why.message.empty(), "a fault says nothing");
  must(!find_non_utf8(why.message), "a fault's message is no UTF-8");
}

void check_number_texts(std::string_view field) {
  if (auto value = parse_source_decimal(field))
    must(parse_source_decimal(format_decimal(*value)) == value, "a decimal comes back as another");
  if (auto value = parse_wide_decimal(field))
    must(parse_wide_decimal(format_decimal(*value)) == value, "an amount comes back as another");
  auto stamp = parse_source_stamp(field);
  must(stamp.is_good == stamp.allowed.empty(), "a stamp is good and is not");
  if (!stamp.is_good) return;
  must(is_stamp(stamp.time), "a stamp lies outside of what stamps may");
  std::string text;
  append_timestamp(text, stamp.time);
  auto again = parse_source_stamp(text);
  must(again.is_good && again.time == stamp.time, "a stamp comes back as another");
}

/// A record of any kind of file, written as a row of our own, reads as the same.
void check_own_row(const parsed_record& read) {
  auto t = read.record;
  // What the source, the cleaner and the symbol stream see to.
  if (t.trading_day == 0) t.trading_day = 20240102;
  if (t.totals_of_day && t.turnover == no_turnover) t.turnover = {};
  if (t.kind != record_kind::trade && t.volume == quantity{} && t.last == price{})
    t.last = no_price;
  t.totals_of_day = false;
  t.cumulative_volume = {};
  t.source_mark = {};
  std::string line;
  append_tick_row(line, t, read.symbol);
  auto own = make_own_record_parser();
  auto header = csv_header::match(own->format(), tick_columns);
  must(header.has_value(), "our own header is refused");
  csv_row row{"again.csv", *header};
  row.assign(line, 2);
  parsed_record again;
  own->parse(row, again);
  must(!row.failed(), "a row of our own is refused");
  must(again.symbol == read.symbol && again.record == t, "a row of our own comes back as another");
}

void check_record(csv_row& row, const parsed_record& read) {
  if (row.failed()) return check_message(row.first_fault());
  must(is_symbol_name(read.symbol), "a record has a symbol that is none");
  must(is_stamp(read.record.event_time), "a record's time lies outside of what stamps may");
  must(read.record.trading_day == 0 || is_date(read.record.trading_day), "a day that is none");
  check_own_row(read);
}

/// The first line is the header.
void run_csv_rows(std::string_view bytes) {
  auto take_line = [&bytes] {
    auto line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(line.size() + 1, bytes.size()));
    return line;
  };
  auto parsers = make_record_parsers(some_instruments());
  auto first = take_line();
  auto* parser = find_parser(parsers, first);
  if (parser == nullptr) return;
  auto header = csv_header::match(parser->format(), first);
  if (!header) return check_message(header.error());
  must(header->is_repeated_by(first), "a header is not itself");
  csv_row row{"fuzz.csv", *header};
  for (std::uint64_t number = 2; !bytes.empty(); ++number) {
    auto line = take_line();
    row.assign(line, number);
    parsed_record record;
    if (!row.failed()) parser->parse(row, record);
    check_record(row, record);
    csv_fields fields;
    if (!fields.split(line).empty()) continue;
    must(fields.size() <= line.size() + 1, "more fields than a line can have");
    for (auto& field : fields.all())
      check_number_texts(field);
  }
}

std::vector<std::string> csv_rows_samples() {
  return {
      std::string{own_header} + "2024-01-02T01:00:00.25Z,S1,snapshot,3500.5,3,3500,11,3501,12\n"
                                "1704157200,\"S 1\",trade,1e-3,,,,,\n"
                                "1704157200.5,S1,quote,,0,0,0,2,1\n",
      std::string{tick_columns} + "\n2024-01-02T23:59:60Z,S1,trade,-5,2,,,,,-100000000000000000.5,"
                                  "9,20240103,B,77\n",
      std::string{ctp_header} + "20181009,20181008,21:00:00,500,ru1901,12345.0,10,1.5e+06,3,"
                                "12340,1,1.7976931348623157e+308,0\n",
      std::string{quotes_header} + "1704157200000000001,1704157200000,BTCUSDT,42000.1,0.5,42000.2,"
                                   "1\n",
      std::string{trades_header} +
          "1704157200000000001,1704157200000123,BTCUSDT,5,42000,0.001,S\n"};
}

std::string_view ending_of(std::string_view bytes) {
  if (bytes.starts_with("\xfd"
                        "7zXZ"))
    return ".csv.xz";
  if (bytes.starts_with("\x1f\x8b")) return ".csv.gz";
  return bytes.starts_with("\x28\xb5\x2f\xfd") ? ".csv.zst" : ".csv";
}

/// What the bytes begin with says what they are called.
void run_source_file(std::string_view bytes) {
  static const log_directory scratch;
  auto path = scratch.log().string().append(ending_of(bytes));
  std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                              static_cast<std::streamsize>(bytes.size()));
  file_settings settings{.paths = {path}, .malformed_max = 100};
  std::size_t rows = 0;
  std::size_t symbols = 0;
  auto read = read_files(settings, some_instruments(), [&](const row_batch& batch) {
    for (auto& name : batch.symbols)
      must(is_symbol_name(name), "a symbol that is none");
    symbols += batch.symbols.size();
    for (auto& row : batch.rows) {
      must(row.record.symbol.value < symbols, "a row of no symbol");
      must(is_stamp(row.record.event_time), "a row's time lies outside of what stamps may");
    }
    rows += batch.rows.size();
    return result<void>{};
  });
  std::filesystem::remove(path);
  if (!read) return check_message(read.error());
  must(rows > 0, "a file gives no rows");
}

std::vector<std::string> source_file_samples() {
  auto rows = csv_rows_samples();
  auto out = rows;
  out.push_back("# a comment\n\xef\xbb\xbf" + rows.front() + std::string{own_header});
  for (auto& kind : compressions)
    out.push_back(kind.compress(rows.front()));
  out.push_back(compress_gzip(rows[3]) + compress_gzip(std::string{rows[3]}.erase(0, 59)));
  return out;
}

} // namespace

} // namespace source_file_fuzz

std::vector<fuzz_target> source_file_fuzz_targets() {
  using namespace source_file_fuzz;
  return {{"csv_rows", run_csv_rows, csv_rows_samples},
          {"source_file", run_source_file, source_file_samples}};
}

} // namespace tickmesh
