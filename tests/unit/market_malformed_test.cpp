// Bytes from outside: every malformed input is a fault that says what and where, never a crash.
#include "actors/market/random_numbers.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace tickmesh;

namespace {

constexpr std::string_view good_row = "1000000000,A,trade,100,1,,,,\n";

/// The fault of a file with these bytes, from its name on.
std::string fault_of(std::string_view bytes, const std::string& name = "ticks.csv") {
  market_files files;
  auto message = load_fault(file_source_settings({files.write(name, bytes)}));
  auto start = message.find(name);
  REQUIRE_MESSAGE(start != std::string::npos, message);
  return message.substr(start);
}

std::string own(std::string_view rows) {
  return std::string{own_header} + std::string{rows};
}
std::string ctp(std::string_view row) {
  return std::string{ctp_header} + std::string{row};
}

} // namespace

TEST_CASE("a number that is none names file, line, column, value and what is allowed") {
  auto rows = std::string{good_row} + "1,A,trade,12x,1,,,,\n";
  CHECK(fault_of(own(rows)) ==
        "ticks.csv:3: column last: \"12x\" is not a decimal number with at most eight decimals");
  CHECK(fault_of(own("1,A,trade,0.123456789,1,,,,\n")).starts_with("ticks.csv:2: column last: "));
  CHECK(fault_of(own("1,A,trade,99999999999999,1,,,,\n")).starts_with("ticks.csv:2: column last"));
  CHECK(fault_of(own("1,A,trade,1,1e3,,,,\n")).starts_with("ticks.csv:2: column volume: \"1e3\""));
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
  CHECK(fault_of(std::string{trades_header} + "1,9223372036854775807,X,1,1,1,B\n")
            .starts_with("ticks.csv:2: column exch_ts_ms"));
}

TEST_CASE("a bad word names its column and the words that are allowed") {
  CHECK(fault_of(own("1,A,tick,1,1,,,,\n")) ==
        "ticks.csv:2: column kind: \"tick\" is not snapshot, quote or trade");
  CHECK(fault_of(std::string{trades_header} + "1,,X,1,1,1,b\n") ==
        "ticks.csv:2: column aggressor: \"b\" is not B or S");
  CHECK(fault_of(std::string{trades_header} + "1,,X,1,,1,B\n")
            .starts_with("ticks.csv:2: column price: \"\""));
  CHECK(fault_of(own("1,,trade,1,1,,,,\n")).starts_with("ticks.csv:2: column symbol: \"\""));
  CHECK(fault_of(own("1,a b,trade,1,1,,,,\n")).starts_with("ticks.csv:2: column symbol: \"a b\""));
}

TEST_CASE("a row with another number of fields than the header is a fault") {
  CHECK(fault_of(own("1,A,trade,1,1,,,\n")) == "ticks.csv:2: 8 fields where the header has 9");
  CHECK(fault_of(own("1,A,trade,1,1,,,,,\n")) == "ticks.csv:2: 10 fields where the header has 9");
  CHECK(fault_of(own(std::string{good_row} + "\n")) ==
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
  CHECK(fault_of(own("1,A\0,trade,1,1,,,,\n"sv)).find("NUL byte") != std::string::npos);
  CHECK(fault_of("\x1b[2J\xff\n"sv).starts_with("ticks.csv:1: \"\\x1b[2J\\xff\""));
  CHECK(fault_of(std::string(200'000, 'x')).find("longer than 65536") != std::string::npos);
}

TEST_CASE("a last row without its line break may be truncated and is a fault") {
  CHECK(fault_of(own("1000000000,A,trade,100,1,,,,")) ==
        "ticks.csv:2: the last line has no line break; the file may be truncated");
}

TEST_CASE("every truncation of a file inside a line is a fault") {
  auto text = own(std::string{good_row} + std::string{good_row});
  market_files files;
  for (std::size_t size = 0; size < text.size(); ++size) {
    auto source = load_feed_source(
        file_source_settings({files.write("t.csv", std::string_view{text}.substr(0, size))}), {});
    bool whole = size > own_header.size() && text[size - 1] == '\n';
    CHECK(source.has_value() == whole);
  }
}

TEST_CASE("every truncation of a compressed file is a fault") {
  std::string text{own_header};
  for (int i = 0; i < 300; ++i)
    text += std::to_string(i * 7919) + ",A,trade,100,1,,,,\n";
  auto packed = compress_xz(text);
  market_files files;
  for (std::size_t size = 0; size < packed.size(); ++size) {
    auto path = files.write("t.csv.xz", std::string_view{packed}.substr(0, size));
    CHECK_FALSE(load_feed_source(file_source_settings({path}), {}).has_value());
  }
  auto cut = packed.substr(0, packed.size() / 2);
  CHECK(fault_of(cut, "t.csv.xz") == "t.csv.xz: is a truncated xz file");
}

TEST_CASE("a damaged or mislabelled compressed file is a fault") {
  auto packed = compress_xz(own(good_row));
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x40);
  CHECK(fault_of(packed, "t.csv.xz").starts_with("t.csv.xz: is a "));
  CHECK(fault_of(own(good_row), "t.csv.xz") == "t.csv.xz: is not an xz file, as its name says");
  CHECK_FALSE(fault_of(compress_xz(own(good_row)), "t.csv").empty());
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
  CHECK(message_of(files.path("ticks.txt")).ends_with("the name must end in .csv or .csv.xz"));
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

TEST_CASE("more rows than allowed over all files name the key") {
  market_files files;
  auto a = files.write("a.csv", own(std::string{good_row} + std::string{good_row}));
  auto b = files.write("b.csv", own(good_row));
  auto settings = file_source_settings({a, b});
  settings.file.rows_max = 3;
  CHECK(load_feed_source(settings, {}).has_value());
  settings.file.rows_max = 2;
  CHECK(load_fault(settings).ends_with("b.csv:2: more rows than source.file.rows_max = 2 allows"));
}

TEST_CASE("random damage to valid files never does more than cause a fault") {
  std::vector<std::string> valid{
      own("2024-01-02T03:04:05.25Z,A,quote,,,99.5,2,,\n1704164645500000000,A,trade,100,3,,,,\n"),
      ctp("20240102,20240102,09:00:00,0,a1,7168.0,1,10.0,0,9,1,11,1\n"
          "20240102,20240102,09:00:01,500,a1,1.5e3,3,30.0,0,9,1,11,1\n"),
      std::string{quotes_header} + "1723161254087891268,,BTCUSDT,61837.63,3.78826,61838,1\n",
      std::string{trades_header} + "1723161254087891268,1723161255342,X,1,61837.63,3.7,S\n"};
  market_files files;
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
    auto source = load_feed_source(file_source_settings({path}), instruments);
    if (source) {
      ++good;
      CHECK_FALSE(read_records(**source).empty());
    } else {
      ++faults;
      CHECK(source.error().message.find("f.csv") != std::string::npos);
    }
  }
  CHECK(good > 100);
  CHECK(faults > 100);
}
