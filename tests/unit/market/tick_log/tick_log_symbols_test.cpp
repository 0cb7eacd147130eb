// The tick log with many symbols of few ticks each.
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/tick_log_records.hpp"

#include <sys/resource.h>

#include <map>

namespace tickmesh::tick_log_symbols_test {

namespace {

constexpr std::int32_t day = 20181008;
constexpr std::uint32_t symbols = 5'000;

/// The most memory that the process has had, in bytes.
std::int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} * 1024;
}

} // namespace

TEST_CASE(
    "five thousand symbols of few ticks are sealed and read back in bounded memory and size") {
  log_directory directory;
  unsynced_file_system files;
  record_maker maker{31, symbols};
  std::map<std::uint32_t, std::vector<tick>> expected;
  std::uint64_t count = 0;
  auto log = tick_log::open({.root = directory.log()}, files);
  REQUIRE_MESSAGE(log, log.error().message);
  for (std::uint32_t ticks_each : {1, 2, 1, 3}) {
    auto made = maker.make(day, 1, ticks_each);
    made.record.payload = made.payload;
    auto done = log->append(made.record);
    REQUIRE_MESSAGE(done, done.error().message);
    for (auto& t : made.ticks)
      expected[t.symbol.value].push_back(t);
    count += made.ticks.size();
  }
  log->close_day(day);
  auto before = peak_memory();
  auto sealed = log->seal_next();
  REQUIRE_MESSAGE(sealed, sealed.error().message);
  CHECK(*sealed);
  // Not a block's columns for each symbol, which would take 3 GB.
  CHECK(peak_memory() - before < (64 << 20));
  auto reader = tick_log_reader::open(directory.log(), files);
  REQUIRE_MESSAGE(reader, reader.error().message);
  auto found = reader->symbols(day);
  REQUIRE(found);
  CHECK(found->size() == symbols);
  auto days = reader->days();
  REQUIRE(days);
  REQUIRE(days->size() == 1);
  CHECK(days->front().ticks == count);
  CHECK(days->front().block_bytes < symbols * 600);
  for (auto& [symbol, ticks] : expected) {
    std::vector<tick> got;
    REQUIRE(reader->ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{UINT64_MAX}, got));
    REQUIRE(got == ticks);
  }
  auto verified = reader->verify();
  REQUIRE(verified);
  CHECK(verified->damages.empty());
  CHECK(verified->ticks == count);
}

} // namespace tickmesh::tick_log_symbols_test
