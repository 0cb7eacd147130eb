// Bytes from outside: every malformed input is a fault that says what and where, never a crash.
#include "actors/market/sources/open_source.hpp"
#include "actors/market/sources/sim/random_numbers.hpp"
#include "runtime/telemetry/log.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <filesystem>

namespace tickmesh::malformed_rows_test {

namespace {

constexpr std::string_view good_row = "1000000000,A,trade,100,1,,,,\n";

std::string own(std::string_view rows) {
  return std::string{own_header} + std::string{rows};
}
std::string ctp(std::string_view row) {
  return std::string{ctp_header} + std::string{row};
}

} // namespace

TEST_CASE("a number that is none names file, line, column, value and what is allowed") {
  auto rows = std::string{good_row} + "1000000000,A,trade,12x,1,,,,\n";
  CHECK(fault_of(own(rows)) ==
        "ticks.csv:3: column last: \"12x\" is not a decimal number with at most eight decimals");
  CHECK(fault_of(own("1000000000,A,trade,0.123456789,1,,,,\n"))
            .starts_with("ticks.csv:2: column last: "));
  CHECK(fault_of(own("1000000000,A,trade,99999999999999,1,,,,\n"))
            .starts_with("ticks.csv:2: column last"));
  CHECK(fault_of(own("1000000000,A,trade,1,1e3x,,,,\n"))
            .starts_with("ticks.csv:2: column volume: \"1e3x\""));
}

TEST_CASE("CTP numbers that no double is are faults") {
  for (auto bad :
       {"12x", "nan", "inf", "-inf", "1e", "--1", "1e-400", "-1e400", " 1", "1,", "0x10", "1e37"}) {
    auto row = "20240102,20240102,09:00:00,0,a1," + std::string{bad} + ",0,0,0,9,1,11,1\n";
    CHECK(fault_of(ctp(row)).starts_with("ticks.csv:2: "));
  }
  CHECK(fault_of(ctp("20240102,20240102,09:00:00,0,a1,12x,0,0,0,9,1,11,1\n")) ==
        "ticks.csv:2: column LastPrice: \"12x\" is not a number");
}

TEST_CASE("a bad time or date names its column") {
  CHECK(fault_of(ctp("20240102,20240102,24:00:00,0,a1,1,0,0,0,9,1,11,1\n"))
            .starts_with("ticks.csv:2: column UpdateTime: \"24:00:00\" is not a time HH:MM:SS"));
  CHECK(fault_of(ctp("20240102,20240102,9:00:00,0,a1,1,0,0,0,9,1,11,1\n"))
            .starts_with("ticks.csv:2: column UpdateTime"));
  CHECK(fault_of(ctp("20240102,20240102,09:00:00,1000,a1,1,0,0,0,9,1,11,1\n"))
            .starts_with("ticks.csv:2: column UpdateMillisec"));
  CHECK(fault_of(ctp("20240230,20240102,09:00:00,0,a1,1,0,0,0,9,1,11,1\n"))
            .starts_with("ticks.csv:2: column TradingDay: \"20240230\""));
  CHECK(fault_of(ctp("20240102,2024,09:00:00,0,a1,1,0,0,0,9,1,11,1\n"))
            .starts_with("ticks.csv:2: column ActionDay: \"2024\""));
  CHECK(fault_of(own("yesterday,A,trade,1,1,,,,\n")).starts_with("ticks.csv:2: column timestamp"));
  CHECK(fault_of(own("-5,A,trade,1,1,,,,\n")).starts_with("ticks.csv:2: column timestamp"));
  CHECK(fault_of(own("9223372036854775807,A,trade,1,1,,,,\n"))
            .starts_with("ticks.csv:2: column timestamp"));
  CHECK(fault_of(std::string{trades_header} + "9223372036854775807,,X,1,1,1,B\n")
            .starts_with("ticks.csv:2: column local_ts_ns"));
  CHECK(fault_of(std::string{trades_header} + "1000000000,9223372036854775807,X,1,1,1,B\n")
            .starts_with("ticks.csv:2: column exch_ts_ms"));
}

TEST_CASE("a bad word names its column and the words that are allowed") {
  CHECK(fault_of(own("1000000000,A,tick,1,1,,,,\n")) ==
        "ticks.csv:2: column kind: \"tick\" is not snapshot, quote or trade");
  CHECK(fault_of(std::string{trades_header} + "1000000000,,X,1,1,1,b\n") ==
        "ticks.csv:2: column aggressor: \"b\" is not B or S");
  CHECK(fault_of(std::string{trades_header} + "1000000000,,X,1,,1,B\n")
            .starts_with("ticks.csv:2: column price: \"\""));
  CHECK(
      fault_of(own("1000000000,,trade,1,1,,,,\n")).starts_with("ticks.csv:2: column symbol: \"\""));
  CHECK(fault_of(own("1000000000,a\tb,trade,1,1,,,,\n"))
            .starts_with("ticks.csv:2: column symbol: \"a\\x09b\""));
}

TEST_CASE("a row with another number of fields than the header is a fault") {
  CHECK(fault_of(own("1000000000,A,trade,1,1,,,\n")) ==
        "ticks.csv:2: 8 fields where the header has 9");
  CHECK(fault_of(own("1000000000,A,trade,1,1,,,,,\n")) ==
        "ticks.csv:2: 10 fields where the header has 9");
  CHECK(fault_of(own(std::string{good_row} + "?\n")) ==
        "ticks.csv:3: 1 fields where the header has 9");
}

TEST_CASE("a header that lacks a column or has it twice names the column") {
  CHECK(fault_of("timestamp,symbol,kind,last,volume,bid,bid_volume,ask\n") ==
        "ticks.csv:1: column ask_volume is missing from the header; a tickmesh CSV file has it");
  auto twice = std::string{own_header};
  twice.insert(0, "bid,");
  CHECK(fault_of(twice) == "ticks.csv:1: column bid stands twice in the header");
}

TEST_CASE("a file without a known header, without rows or without bytes is a fault") {
  CHECK(fault_of("name,value\n1,2\n").starts_with("ticks.csv:1: \"name,value\" is not a known"));
  CHECK(fault_of("\n").starts_with("ticks.csv:1: \"\" is not a known header"));
  CHECK(fault_of(own_header) == "ticks.csv: has a header but no rows");
  CHECK(fault_of("") == "ticks.csv: is empty");
}

TEST_CASE("binary content is a fault and does not reach the message raw") {
  using namespace std::string_view_literals;
  CHECK(fault_of("\x7f"
                 "ELF\0\0\n"sv) == "ticks.csv:1: holds a NUL byte: not a text file");
  CHECK(fault_of(own("1000000000,A\0,trade,1,1,,,,\n"sv)).find("NUL byte") != std::string::npos);
  CHECK(fault_of("\x1b[2J\xff\n"sv).starts_with("ticks.csv:1: \"\\x1b[2J\\xff\""));
  CHECK(fault_of(std::string(200'000, 'x')).find("longer than 65536") != std::string::npos);
}

TEST_CASE("a last row that is cut off inside is a fault, however many malformed rows may be") {
  market_files files;
  for (auto* text : {"1000000000,A,trade,100,1,,,", "1000000000,A,tr", "1000000000,A,trade,\"1"}) {
    auto path = files.write("ticks.csv", own(std::string{good_row} + text));
    CHECK(load_fault(file_source_settings({path}))
              .ends_with("ticks.csv:3: the last line has no line break and is malformed; the file "
                         "may be truncated"));
  }
}

TEST_CASE("every truncation of a file inside a line is a fault, but for a row with all columns") {
  auto text = own(std::string{good_row} + std::string{good_row});
  market_files files;
  for (std::size_t size = 0; size < text.size(); ++size) {
    auto source = open_source(
        file_source_settings({files.write("t.csv", std::string_view{text}.substr(0, size))}), {});
    // The header, then rows whose last field is empty: with or without their line break.
    bool whole = size > own_header.size() && (text[size - 1] == '\n' || text[size] == '\n');
    CHECK(source.has_value() == whole);
  }
}

TEST_CASE("malformed rows are counted by file and left out, up to the limit of the settings") {
  market_files files;
  auto bad = std::string{"1000000000,A,trade,x,1,,,,\n"};
  auto a = files.write("a.csv", own(bad + std::string{good_row} + bad));
  auto b = files.write("b.csv", own("1000000001,A,trade,100,1,,,,\n"));
  auto settings = file_source_settings({a, b});
  settings.file.malformed_max = 2;
  auto source = load_good(settings);
  CHECK(read_records(*source).size() == 2);
  CHECK((source->leftovers() == std::vector<file_leftovers>{{"a.csv", 2, 0}}));
  settings.file.malformed_max = 1;
  CHECK(load_fault(settings).find("a.csv: 2 rows are malformed, and source.file.malformed_max = 1; "
                                  "the first is ") != std::string::npos);
  CHECK(load_fault(settings).ends_with("a.csv:2: column last: \"x\" is not a decimal number with "
                                       "at most eight decimals"));
  settings.file.malformed_max = 0;
  CHECK(load_fault(settings).ends_with("a.csv:2: column last: \"x\" is not a decimal number with "
                                       "at most eight decimals"));
}

TEST_CASE("a file of which no row is good is refused, with the count and the first fault") {
  market_files files;
  auto path = files.write("a.csv", own("x,A,trade,1,1,,,,\n1000000000,A,trade,x,1,,,,\n"));
  auto message = load_fault(file_source_settings({path}));
  CHECK(message.find("a.csv: none of its 2 rows can be read; the first is ") != std::string::npos);
  CHECK(message.find("a.csv:2: column timestamp: \"x\" is not a time") != std::string::npos);
}

TEST_CASE("blank lines, a header again and comments before the header are skipped and counted") {
  market_files files;
  auto path = files.write("a.csv", "# made by recorder 3\n#\n" + own(good_row) + "\n" +
                                       "\xEF\xBB\xBF" + own("1000000001,A,trade,100,1,,,,\n\n"));
  auto source = load_good(file_source_settings({path}));
  CHECK(read_records(*source).size() == 2);
  CHECK((source->leftovers() == std::vector<file_leftovers>{{"a.csv", 0, 5}}));
  CHECK(fault_of("# only\n") == "ticks.csv: has comments but no header");
}

TEST_CASE("another header within a file is a fault: its rows would be read by the wrong columns") {
  std::string other{own_header};
  other.insert(0, "extra,");
  CHECK(fault_of(own(std::string{good_row} + other)) ==
        "ticks.csv:3: another header; a file has one");
}

TEST_CASE("bytes that are no UTF-8 are named by line, column and byte") {
  CHECK(fault_of(own("1000000000,\xB6\xB9,trade,1,1,,,,\n")) ==
        "ticks.csv:2: column symbol: \"\\xb6\\xb9\" is not a symbol: byte 1, 0xb6, is no UTF-8 "
        "(is the text GBK? convert it)");
  CHECK(fault_of(own("1000000000,m\xC0\x80,trade,1,1,,,,\n")).find("byte 2, 0xc0") !=
        std::string::npos);
}

TEST_CASE("names with control characters, quotes or blanks at their ends are refused") {
  for (std::string name :
       {" a", "a ", "a\tb", "a\x7f", "a\xC2\x85", "\"a\"\"b\"", "\"a,b\"", "\"\"",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    CHECK(fault_of(own("1000000000," + name + ",trade,1,1,,,,\n"))
              .starts_with("ticks.csv:2: column symbol: "));
}

TEST_CASE("stamps that fit no unit are refused, with the times that they would be") {
  CHECK(fault_of(own("17356896000000,A,trade,1,1,,,,\n")) ==
        "ticks.csv:2: column timestamp: \"17356896000000\" is not a time "
        "YYYY-MM-DDTHH:MM:SS[.fraction]Z or a number of s, ms, us or ns since 1970, from 2000 to "
        "2199 (it is 1970-01-01 as ns, 1970-07-20 as us)");
  for (auto* stamp : {"0", "1", "946684799", "7258118400", "946684799999", "7258118400000",
                      "7258118400000000000", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z",
                      "1735689600.", "1735689600.0000000001", "1.7e9", "1735689600Z"})
    CHECK(fault_of(own(std::string{stamp} + ",A,trade,1,1,,,,\n"))
              .starts_with("ticks.csv:2: column timestamp: "));
  CHECK(fault_of(own("2024-01-02T09:00:00+08:00,A,trade,1,1,,,,\n"))
            .ends_with("times with an offset must be converted to UTC"));
  CHECK(fault_of(own("2024-01-02 09:00:00,A,trade,1,1,,,,\n"))
            .ends_with("without Z, a time zone is missing"));
  CHECK(
      fault_of(std::string{trades_header} + "2024-01-02T09:00:00Z,,X,1,1,1,B\n")
          .starts_with("ticks.csv:2: column local_ts_ns: \"2024-01-02T09:00:00Z\" is not a number "
                       "of s, ms, us or ns since 1970"));
}

TEST_CASE("numbers with separators of thousands, decimal commas or blanks name the cause") {
  CHECK(fault_of(own("1000000000,A,trade,\"4,000\",1,,,,\n"))
            .ends_with("; separators of thousands and decimal commas are not read"));
  CHECK(fault_of(own("1000000000,A,trade, 4000,1,,,,\n"))
            .ends_with("; blanks around a number are not read"));
  for (auto* bad : {"1e", "e5", "1e+-5", "1e--5", "1e5x", "1.e5", "1e-9", "1e11", "1e9999", "0x10",
                    "nan", "inf", "1.2.3", "--1"})
    CHECK(fault_of(own("1000000000,A,trade," + std::string{bad} + ",1,,,,\n"))
              .starts_with("ticks.csv:2: column last: "));
}

TEST_CASE("quotes that do not close, or stand inside a field, are malformed") {
  CHECK(fault_of(own("1000000000,\"A,trade,1,1,,,,\n")) ==
        "ticks.csv:2: a quoted field does not end in its line; line breaks in fields are not read");
  CHECK(fault_of(own("1000000000,A\"B,trade,1,1,,,,\n")) ==
        "ticks.csv:2: a quote stands inside of a field that does not begin with one");
  CHECK(fault_of(own("1000000000,\"A\"B,trade,1,1,,,,\n")) ==
        "ticks.csv:2: something follows the closing quote of a field");
}

TEST_CASE("other separators, other encodings and blanks in the header are named") {
  auto with = [](char separator) {
    std::string text{own_header};
    std::replace(text.begin(), text.end(), ',', separator);
    return text;
  };
  CHECK(fault_of(with(';')) ==
        "ticks.csv:1: semicolons stand between the fields; only commas are read");
  CHECK(fault_of(with('\t')) == "ticks.csv:1: tabs stand between the fields; only commas are read");
  using namespace std::string_view_literals;
  std::string wide;
  for (char c : own_header)
    (wide += c) += '\0';
  CHECK(fault_of(wide) == "ticks.csv: is UTF-16 or UTF-32 text; convert it to UTF-8");
  CHECK(fault_of("\xFF\xFE" + wide) == "ticks.csv: is UTF-16 or UTF-32 text; convert it to UTF-8");
  std::string spaced{own_header};
  spaced.insert(spaced.find(",symbol") + 1, " ");
  CHECK(fault_of(spaced) == "ticks.csv:1: column symbol has blanks around its name; fields must "
                            "have none");
}

TEST_CASE("the same file twice is refused, by its path and by its content") {
  market_files files;
  auto a = files.write("a.csv", own(good_row));
  CHECK(load_fault(file_source_settings({a, a})).find("are the same file; name it once") !=
        std::string::npos);
  std::filesystem::create_symlink(a, files.path("link.csv"));
  CHECK(load_fault(file_source_settings({a, files.path("link.csv")})).find("are the same file") !=
        std::string::npos);
  auto copy = files.write("copy.csv.xz", compress_xz(own(good_row)));
  CHECK(load_fault(file_source_settings({a, copy})).find("hold the same 1 rows") !=
        std::string::npos);
  auto rows = ctp("20240102,20240102,09:00:00,0,a1,7168.0,1,10.0,0,9,1,11,1\n"
                  "20240102,20240102,09:00:01,0,a1,7168.0,3,30.0,0,9,1,11,1\n");
  CHECK(load_fault(file_source_settings({files.write("c.csv", rows), files.write("d.csv", rows)}))
            .find("hold the same 2 rows") != std::string::npos);
  auto other = files.write("other.csv", own("1000000000,A,trade,100,2,,,,\n"));
  CHECK(read_records(*load_good(file_source_settings({a, other}))).size() == 2);
}

TEST_CASE("paths that are no readable file are faults") {
  market_files files;
  auto message_of = [&](const std::string& path) {
    return load_fault(file_source_settings({path}));
  };
  CHECK(
      message_of(files.path("none.csv")).ends_with("cannot be opened: No such file or directory"));
  std::filesystem::create_directory(files.path("folder.csv"));
  CHECK(message_of(files.path("folder.csv")).ends_with("is not a regular file"));
  CHECK(message_of("/dev/null.csv").find("cannot be opened") != std::string::npos);
  files.write("ticks.txt", own(good_row));
  CHECK(message_of(files.path("ticks.txt"))
            .ends_with("the name must end in .csv, .csv.xz, .csv.gz or .csv.zst"));
  std::filesystem::create_symlink("/proc/self/mem", files.path("memory.csv"));
  CHECK(message_of(files.path("memory.csv")).find("cannot be read") != std::string::npos);
  std::filesystem::create_symlink("/dev/zero", files.path("zero.csv"));
  CHECK(message_of(files.path("zero.csv")).ends_with("is not a regular file"));
  CHECK(load_fault(file_source_settings({})).starts_with("source.file.paths"));
}

TEST_CASE("the fault of one file of several is not hidden by the others") {
  market_files files;
  auto good = files.write("good.csv", own(good_row));
  auto bad = files.write("bad.csv", own_header);
  CHECK(
      load_fault(file_source_settings({good, bad})).ends_with("bad.csv: has a header but no rows"));
}

TEST_CASE("random damage to valid files never does more than cause a fault") {
  std::vector<std::string> valid{
      own("2024-01-02T03:04:05.25Z,A,quote,,,99.5,2,,\n1704164645500000000,A,trade,100,3,,,,\n"),
      ctp("20240102,20240102,09:00:00,0,a1,7168.0,1,10.0,0,9,1,11,1\n"
          "20240102,20240102,09:00:01,500,a1,1.5e3,3,30.0,0,9,1,11,1\n"),
      std::string{quotes_header} + "1723161254087891268,,BTCUSDT,61837.63,3.78826,61838,1\n",
      std::string{trades_header} + "1723161254087891268,1723161255342,X,1,61837.63,3.7,S\n"};
  market_files files;
  auto level = get_log_level();
  set_log_level(log_level::off); // malformed rows are warned of
  instrument_table instruments{{make_instrument("a#", "DCE", "Asia/Shanghai")}};
  random_numbers random{20240817};
  std::size_t good = 0;
  std::size_t faults = 0;
  auto draw = [&](std::size_t limit) {
    return static_cast<std::size_t>(random.below(static_cast<std::int64_t>(limit)));
  };
  for (int round = 0; round < 4'000; ++round) {
    bool packed = round % 4 == 0;
    auto text = valid[draw(valid.size())];
    if (packed) text = compress_xz(text);
    for (auto flips = 1 + draw(3); flips > 0; --flips)
      text[draw(text.size())] ^= static_cast<char>(1 << draw(8));
    if (draw(4) == 0) text.resize(draw(text.size() + 1));
    auto path = files.write(packed ? "f.csv.xz" : "f.csv", text);
    auto source = open_source(file_source_settings({path}), instruments);
    if (source) {
      ++good;
      CHECK_FALSE(read_records(**source).empty());
    } else {
      ++faults;
      CHECK(source.error().message.find("f.csv") != std::string::npos);
    }
  }
  set_log_level(level);
  CHECK(good > 100);
  CHECK(faults > 100);
}

} // namespace tickmesh::malformed_rows_test
