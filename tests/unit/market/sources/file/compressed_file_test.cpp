// Compressed files that are cut off, damaged or of another kind than their name says.
#include "actors/market/sources/open_source.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace tickmesh::compressed_file_test {

namespace {

constexpr std::string_view good_row = "1000000000,A,trade,100,1,,,,\n";

std::string own(std::string_view rows) {
  return std::string{own_header} + std::string{rows};
}

} // namespace

TEST_CASE("every truncation of a compressed file is a fault") {
  std::string text{own_header};
  for (int i = 0; i < 300; ++i)
    text += std::to_string(1000000000 + i * 7919) + ",A,trade,100,1,,,,\n";
  market_files files;
  for (auto& format : compressions) {
    auto packed = format.compress(text);
    auto name = "t.csv" + format.ending;
    for (std::size_t size = 0; size < packed.size(); ++size) {
      auto path = files.write(name, std::string_view{packed}.substr(0, size));
      CAPTURE(path);
      CHECK_FALSE(open_source(file_source_settings({path}), {}).has_value());
    }
    auto cut = packed.substr(0, packed.size() / 2);
    CHECK(fault_of(cut, name) == name + ": is a truncated " + format.name + " file");
  }
}

TEST_CASE("while files are read, the number of rows so far is told") {
  market_files files;
  std::vector<std::string> paths;
  for (auto symbol : {"A", "B"}) {
    std::string text{own_header};
    for (int i = 0; i < 10'000; ++i)
      text += std::to_string(1000000000 + i) + "," + symbol + ",trade,100,1,,,,\n";
    auto& format = compressions[0];
    paths.push_back(files.write(symbol + (".csv" + format.ending), format.compress(text)));
  }
  std::vector<std::uint64_t> told;
  auto source = open_source(file_source_settings(paths), {},
                            {.file = {.on_rows = [&](std::uint64_t n) { told.push_back(n); }}});
  REQUIRE(source.has_value());
  REQUIRE(told.size() >= 4);
  CHECK(std::ranges::is_sorted(told));
  CHECK(told.back() > 15'000);
  CHECK(told.back() <= 20'000);
}

TEST_CASE("a damaged or mislabelled compressed file is a fault") {
  for (auto& format : compressions) {
    auto name = "t.csv" + format.ending;
    auto packed = format.compress(own(good_row));
    packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x40);
    CHECK(fault_of(packed, name).starts_with(name + ": is a "));
    CHECK(fault_of(own(good_row), name).starts_with(name + ": is not a"));
    CHECK(fault_of(own(good_row), name).ends_with(format.name + " file, as its name says"));
    CHECK_FALSE(fault_of(format.compress(own(good_row)), "t.csv").empty());
  }
}

TEST_CASE("a checksum that does not fit is a fault, though the bytes can be decompressed") {
  for (auto& format : compressions) {
    if (format.name == "xz") continue; // its checksum does not stand at the end
    auto packed = format.compress(own(good_row));
    auto at = packed.size() - (format.name == "gzip" ? 8 : 4);
    packed[at] = static_cast<char>(packed[at] ^ 1);
    auto name = "t.csv" + format.ending;
    CHECK(fault_of(packed, name) == name + ": is a damaged " + format.name + " file");
  }
}

} // namespace tickmesh::compressed_file_test
