// The tick log's records and ticks, without faults.
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/tick_log_records.hpp"

#include <algorithm>
#include <map>

namespace tickmesh::tick_log_test {

namespace {

constexpr std::int32_t first_day = 20181008, second_day = 20181009;

/// A log with what it should hold.
struct filled_log {
  log_directory directory;
  tick_log_options options;
  std::vector<record_maker::made> records;
  record_maker maker{7};

  filled_log() {
    options.root = directory.log();
    options.segment_bytes_max = 8 << 10;
  }

  void append(tick_log& log, std::int32_t day, std::uint64_t writer = 1) {
    auto made = maker.make(day, writer);
    made.record.payload = made.payload;
    auto done = log.append(made.record);
    REQUIRE_MESSAGE(done, done.error().message);
    records.push_back(std::move(made));
  }

  std::vector<tick> ticks_of(std::uint32_t symbol) const {
    std::vector<tick> out;
    for (auto& r : records)
      std::copy_if(r.ticks.begin(), r.ticks.end(), std::back_inserter(out),
                   [&](const tick& t) { return t.symbol.value == symbol; });
    return out;
  }
};

void seal_all(tick_log& log) {
  for (;;) {
    auto sealed = log.seal_next();
    REQUIRE_MESSAGE(sealed, sealed.error().message);
    if (!*sealed) return;
  }
}

tick_log_reader open_reader(const filled_log& filled) {
  auto reader = tick_log_reader::open(filled.options.root);
  REQUIRE_MESSAGE(reader, reader.error().message);
  return std::move(*reader);
}

} // namespace

TEST_CASE("a tick log gives back its records in order, also when days alternate") {
  filled_log filled;
  auto log = tick_log::open(filled.options);
  REQUIRE_MESSAGE(log, log.error().message);
  for (int i = 0; i < 60; ++i)
    filled.append(*log, i % 3 == 0 ? first_day : second_day, i < 30 ? 1 : 4);
  for (std::size_t bytes_max : {std::size_t{1}, std::size_t{5000}, std::size_t{1} << 20}) {
    record_batch batch;
    record_number after;
    for (;;) {
      auto state = log->read(after, bytes_max, batch);
      REQUIRE_MESSAGE(state, state.error().message);
      if (*state == read_state::end) break;
      REQUIRE(*state == read_state::records);
      REQUIRE(!batch.records.empty());
      for (auto& record : batch.records) {
        REQUIRE(record.number.value == after.value + 1);
        auto& expected = filled.records[after.value];
        REQUIRE(record.payload == expected.payload);
        REQUIRE(record.trading_day == expected.record.trading_day);
        REQUIRE(record.ticks == expected.record.ticks);
        after = record.number;
      }
    }
    CHECK(after.value == 60);
  }
  CHECK(log->epoch_of(record_number{30}) == epoch{1});
  CHECK(log->epoch_of(record_number{31}) == epoch{4});
  CHECK(log->last_record_of(epoch{3}) == record_number{30});
  CHECK(log->last_record_of(epoch{4}) == record_number{60});
  auto totals = log->last_totals();
  REQUIRE(totals);
  CHECK(*totals == filled.maker.totals());
}

TEST_CASE("ticks are read by number and time, each once, whether sealed, open or reopened") {
  filled_log filled;
  for (int turn = 0; turn < 3; ++turn) {
    auto log = tick_log::open(filled.options);
    REQUIRE_MESSAGE(log, log.error().message);
    CHECK(log->recovery().notes.empty());
    CHECK(log->last_record().value == filled.records.size());
    for (int i = 0; i < 40; ++i)
      filled.append(*log, turn == 0 ? first_day : second_day);
    if (turn == 1) log->close_day(first_day);
    if (turn != 2) seal_all(*log);
    auto reader = open_reader(filled);
    for (std::uint32_t symbol = 0; symbol < 3; ++symbol) {
      auto expected = filled.ticks_of(symbol);
      std::vector<tick> got;
      REQUIRE(reader.ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{UINT64_MAX}, got));
      CHECK(got == expected);
      got.clear();
      REQUIRE(reader.ticks_by_number(symbol_id{symbol}, sequence{77}, sequence{99}, got));
      CHECK(got == std::vector(expected.begin() + 76, expected.begin() + 99));
      got.clear();
      auto begin = expected[50].effective_time, end = expected[120].effective_time;
      REQUIRE(reader.ticks_by_time(symbol_id{symbol}, begin, end, got));
      std::erase_if(expected, [&](const tick& t) {
        return t.effective_time < begin || t.effective_time >= end;
      });
      CHECK(got == expected);
      got.clear();
      REQUIRE(reader.last_ticks(symbol_id{symbol}, 30, got));
      expected = filled.ticks_of(symbol);
      CHECK(got == std::vector(expected.rbegin(), expected.rbegin() + 30));
    }
    auto verified = reader.verify();
    REQUIRE(verified);
    CHECK(verified->damages.empty());
    CHECK(verified->ticks == filled.records.size() * 15);
    CHECK(verified->rejected == filled.records.size());
  }
}

TEST_CASE("a day's rejected ticks come back with their reasons, from a record on") {
  filled_log filled;
  auto log = tick_log::open(filled.options);
  REQUIRE(log);
  for (int i = 0; i < 40; ++i)
    filled.append(*log, first_day);
  seal_all(*log);
  auto reader = open_reader(filled);
  std::vector<rejected_tick> got;
  REQUIRE(reader.rejected(first_day, record_number{3}, got));
  REQUIRE(got.size() == 37);
  for (std::size_t i = 0; i < got.size(); ++i) {
    CHECK(got[i].record == filled.records[i + 3].rejected.front());
    CHECK(got[i].reason == reject_reason::crossed_book);
    CHECK(got[i].logged_in.value == i + 4);
  }
}

TEST_CASE("released write-ahead files are gone as records and stay as ticks") {
  filled_log filled;
  filled.options.wal_keep_bytes_max = 20 << 10;
  auto log = tick_log::open(filled.options);
  REQUIRE(log);
  for (int i = 0; i < 80; ++i)
    filled.append(*log, first_day);
  seal_all(*log);
  auto none = log->release(record_number{0});
  REQUIRE(none);
  CHECK(*none == 0);
  auto released = log->release(record_number{80});
  REQUIRE(released);
  CHECK(*released > 0);
  CHECK(log->first_record().value > 1);
  record_batch batch;
  CHECK(log->read(record_number{0}, 1000, batch) == read_state::gone);
  CHECK(log->read(log->first_record() - record_number{1}, 1000, batch) == read_state::records);
  CHECK(log->epoch_of(log->first_record() - record_number{1}) == epoch{1});
  auto first = log->first_record();
  *log = *tick_log::open({.root = filled.directory.log() / "other"});
  log = tick_log::open(filled.options);
  REQUIRE_MESSAGE(log, log.error().message);
  CHECK(log->first_record() == first);
  CHECK(log->last_record().value == 80);
  auto reader = open_reader(filled);
  std::vector<tick> got;
  REQUIRE(reader.ticks_by_number(symbol_id{1}, sequence{1}, sequence{UINT64_MAX}, got));
  CHECK(got == filled.ticks_of(1));
}

TEST_CASE("whole days are dropped, but not the day of the last record") {
  filled_log filled;
  auto log = tick_log::open(filled.options);
  REQUIRE(log);
  for (int i = 0; i < 60; ++i)
    filled.append(*log, i < 30 ? first_day : second_day);
  auto dropped = log->drop_days_before(second_day + 1, record_number{60});
  REQUIRE(dropped);
  CHECK(dropped->empty()); // not sealed yet
  log->close_day(first_day);
  log->close_day(second_day);
  seal_all(*log);
  dropped = log->drop_days_before(second_day + 1, record_number{60});
  REQUIRE_MESSAGE(dropped, dropped.error().message);
  CHECK(*dropped == std::vector{first_day});
  CHECK(log->first_record().value == 31);
  auto reader = open_reader(filled);
  auto days = reader.days();
  REQUIRE(days);
  REQUIRE(days->size() == 1);
  CHECK(days->front().trading_day == second_day);
  CHECK(days->front().ticks == 450);
  filled.append(*log, second_day);
}

TEST_CASE("a truncated log goes on behind the kept record") {
  for (std::uint64_t keep : {0, 1, 17, 30, 41, 59}) {
    filled_log filled;
    auto log = tick_log::open(filled.options);
    REQUIRE(log);
    for (int i = 0; i < 60; ++i)
      filled.append(*log, i % 2 == 0 ? first_day : second_day, 1 + static_cast<unsigned>(i) / 20);
    seal_all(*log);
    auto cut = log->truncate(record_number{keep});
    REQUIRE_MESSAGE(cut, cut.error().message);
    CHECK(log->last_record().value == keep);
    filled.records.resize(keep);
    filled.maker = record_maker{9};
    for (std::uint64_t i = 0; i < keep; ++i)
      filled.maker.make(first_day);
    for (int i = 0; i < 5; ++i)
      filled.append(*log, second_day, 9);
    for (int turn = 0; turn < 2; ++turn) {
      for (std::uint64_t i = 0; i < keep + 5; ++i) {
        record_batch batch;
        auto state = log->read(record_number{i}, 0, batch);
        REQUIRE_MESSAGE(state, state.error().message);
        REQUIRE(batch.records.size() == 1);
        CHECK(batch.records.front().payload == filled.records[i].payload);
      }
      *log = *tick_log::open({.root = filled.directory.log() / "other"});
      log = tick_log::open(filled.options);
      REQUIRE_MESSAGE(log, log.error().message);
    }
  }
}

TEST_CASE("a log is locked against a second owner, and refuses records out of turn") {
  filled_log filled;
  auto log = tick_log::open(filled.options);
  REQUIRE(log);
  auto second = tick_log::open(filled.options);
  REQUIRE(!second);
  CHECK(second.error().message.find("locked by another process") != std::string::npos);
  filled.append(*log, first_day, 3);
  CHECK(!log->append({record_number{3}, epoch{3}, first_day, 0, 0, ""}));
  CHECK(!log->append({record_number{2}, epoch{2}, first_day, 0, 0, ""}));
  CHECK(log->append({record_number{2}, epoch{3}, first_day, 0, 0, ""}));
}

TEST_CASE("an empty log of a replica starts where its owner's records begin") {
  filled_log filled;
  auto log = tick_log::open(filled.options);
  REQUIRE(log);
  REQUIRE(log->start_after(record_number{1000}, epoch{5}));
  CHECK(log->append({record_number{1001}, epoch{6}, first_day, 0, 0, ""}));
  CHECK(!log->start_after(record_number{2000}, epoch{7}));
  CHECK(log->first_record().value == 1001);
  CHECK(log->epoch_of(record_number{1000}) == epoch{5});
}

} // namespace tickmesh::tick_log_test
