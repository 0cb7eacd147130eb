// What is left of days that a tick log has dropped: each symbol's newest ticks.
#include "actors/market/tick_log/newest_ticks.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/tick_log_records.hpp"

#include <algorithm>

namespace tickmesh::tick_log_retention_test {

namespace {

constexpr std::int32_t days[] = {20240102, 20240103, 20240104, 20240105};

tick_log open_log(const log_directory& directory, file_system& files) {
  tick_log_options options;
  options.root = directory.log();
  options.wal_keep_bytes_max = 0;
  auto log = tick_log::open(options, files);
  REQUIRE_MESSAGE(log.has_value(), log.error().message);
  return std::move(*log);
}

struct written_log {
  record_maker maker{3};
  std::map<symbol_id, std::vector<tick>> ticks{};

  void append(tick_log& log, std::int32_t day, std::uint32_t ticks_each, std::uint32_t symbol = 0) {
    auto made = maker.make(day, 1, ticks_each, symbol);
    made.record.payload = made.payload;
    REQUIRE(log.append(made.record).has_value());
    for (auto& t : made.ticks)
      ticks[t.symbol].push_back(t);
  }
};

void seal_all(tick_log& log) {
  for (;;) {
    auto sealed = log.seal_next();
    REQUIRE(sealed.has_value());
    if (!*sealed) return;
  }
}

/// The newest ticks as a slot that starts is given them.
std::vector<tick> newest(const log_directory& directory, file_system& files, symbol_id symbol) {
  auto reader = tick_log_reader::open(directory.log(), files);
  REQUIRE(reader.has_value());
  std::vector<tick> out;
  REQUIRE(reader->last_ticks(symbol, newest_ticks_max, out).has_value());
  std::reverse(out.begin(), out.end());
  return out;
}

void check_newest(const written_log& written, const log_directory& directory, file_system& files) {
  for (auto& [symbol, ticks] : written.ticks) {
    CAPTURE(symbol.value);
    auto first =
        ticks.end() - static_cast<std::ptrdiff_t>(std::min(ticks.size(), newest_ticks_max));
    CHECK((newest(directory, files, symbol) == std::vector<tick>(first, ticks.end())));
  }
}

/// Three days of symbols 0 to 2, symbols 3 to 5 on the first alone and 6 to 8 on the second.
void write_days(written_log& written, tick_log& log) {
  written.append(log, days[0], 100, 3);
  written.append(log, days[0], 40);
  written.append(log, days[1], 10, 6);
  written.append(log, days[1], 50);
  written.append(log, days[2], 7);
  log.close_days_before(days[2]);
  seal_all(log);
  REQUIRE(log.sync().has_value());
}

} // namespace

TEST_CASE("the newest ticks of a symbol outlive the days that are dropped") {
  log_directory directory;
  unsynced_file_system files;
  written_log written;
  auto log = open_log(directory, files);
  write_days(written, log);
  for (auto until : {days[1], days[2]}) {
    auto dropped = log.drop_days_before(until, log.last_record());
    REQUIRE(dropped.has_value());
    CHECK(dropped->size() == 1);
    check_newest(written, directory, files);
  }
  CHECK(log.days() == std::vector<std::int32_t>{days[2]});
  // A symbol that speaks again goes on behind what was kept, and is kept again.
  written.append(log, days[3], 3, 3);
  check_newest(written, directory, files);
  log.close_days_before(days[3]);
  seal_all(log);
  REQUIRE(log.sync().has_value());
  REQUIRE(log.drop_days_before(days[3], log.last_record())->size() == 1);
  check_newest(written, directory, files);
  auto reader = tick_log_reader::open(directory.log(), files);
  REQUIRE(reader.has_value());
  auto verified = reader->verify();
  REQUIRE(verified.has_value());
  CHECK(verified->damages.empty());
}

TEST_CASE("a removal of days that dies at any call loses no symbol's newest ticks") {
  std::uint64_t calls = 0;
  for (std::uint64_t at = 1; at < 400; ++at) {
    CAPTURE(at);
    log_directory directory;
    written_log written;
    {
      broken_file_system counted; // how many calls come before
      auto log = open_log(directory, counted);
      write_days(written, log);
      calls = counted.calls();
    }
    std::filesystem::remove_all(directory.log());
    written = {};
    bool is_over = false;
    {
      broken_file_system files{calls + at, broken_call::process_death};
      auto log = open_log(directory, files);
      write_days(written, log);
      auto dropped = log.drop_days_before(days[2], log.last_record());
      is_over = dropped.has_value() && files.calls() < calls + at;
    }
    unsynced_file_system files;
    {
      auto log = open_log(directory, files);
      check_newest(written, directory, files);
      REQUIRE(log.sync().has_value());
      auto dropped = log.drop_days_before(days[2], log.last_record());
      REQUIRE(dropped.has_value());
      check_newest(written, directory, files);
      CHECK(log.days() == std::vector<std::int32_t>{days[2]});
    }
    if (is_over) return;
  }
  FAIL("the removal never comes to its end");
}

TEST_CASE("days are closed together, and one that comes again begins a new file") {
  log_directory directory;
  unsynced_file_system files;
  written_log written;
  auto log = open_log(directory, files);
  for (auto day : {days[0], days[1], days[2]})
    written.append(log, day, 5);
  log.close_days_before(days[1]);
  CHECK(*log.seal_next());
  CHECK(!*log.seal_next());
  written.append(log, days[0], 5); // late
  CHECK(!*log.seal_next());
  log.close_days_before(days[3]);
  for (int i = 0; i < 3; ++i)
    CHECK(*log.seal_next());
  CHECK(!*log.seal_next());
  auto reader = tick_log_reader::open(directory.log(), files);
  REQUIRE(reader.has_value());
  for (auto& [symbol, ticks] : written.ticks) {
    std::vector<tick> got;
    REQUIRE(reader->ticks_by_number(symbol, sequence{1}, sequence{1000}, got).has_value());
    CHECK(got.size() == ticks.size());
  }
}

} // namespace tickmesh::tick_log_retention_test
