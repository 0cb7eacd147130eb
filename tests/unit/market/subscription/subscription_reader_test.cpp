// What a subscription reads out of a tick log that is written, sealed and released meanwhile.
#include "actors/market/subscription/subscription_reader.hpp"

#include "messages/tick_codec.hpp"
#include "tests/support/tick_log_records.hpp"

namespace tickmesh::subscription_reader_test {

namespace {

constexpr std::uint32_t symbol_count = 3;

/// A log, and what has been put into it.
struct written_log {
  explicit written_log(std::uint64_t seed) : maker(seed, symbol_count) {
    options.root = directory.log();
    options.segment_bytes_max = 4'096;
    options.wal_keep_bytes_max = 0;
    std::filesystem::create_directories(options.root);
    auto opened = tick_log::open(options, files);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message);
    log = std::make_unique<tick_log>(std::move(*opened));
  }

  void append(std::int32_t day = 20181008, bool final = false, std::uint64_t writer = 1) {
    auto made = maker.make(day, writer);
    auto mark = made.ticks.back().event_time;
    append_tick_frame_end(made.payload, final ? end_of_time : mark, final);
    made.record.payload = made.payload;
    auto appended = log->append(made.record);
    REQUIRE_MESSAGE(appended.has_value(), appended.error().message);
    for (auto& t : made.ticks)
      ticks[t.symbol].push_back(t);
    last_of[made.record.number] = ticks;
    marks[made.record.number] = final ? end_of_time : mark;
  }

  /// Seals all full files, and drops the write-ahead files of sealed ones without records that
  /// links still need.
  void seal(record_number needed_after) {
    for (;;) {
      auto sealed = log->seal_next();
      REQUIRE_MESSAGE(sealed.has_value(), sealed.error().message);
      if (!*sealed) break;
    }
    REQUIRE(log->release(needed_after).has_value());
  }

  log_directory directory;
  unsynced_file_system files;
  tick_log_options options;
  record_maker maker;
  epoch run{}; ///< that its subscribers are told of
  std::unique_ptr<tick_log> log;
  std::map<symbol_id, std::vector<tick>> ticks;
  /// All ticks up to and with a record.
  std::map<record_number, std::map<symbol_id, std::vector<tick>>> last_of;
  std::map<record_number, timestamp> marks;
};

/// Reads portions and keeps what is in them.
struct subscriber {
  subscriber(written_log& from, std::vector<wanted_ticks> wanted, record_number after = {})
      : reader(from.options.root, wanted, after, from.run, from.files) {}

  void step(record_number accepted, std::uint64_t ticks_max = 8) {
    ticks_portion portion;
    auto read = reader.next(accepted, ticks_max, portion);
    REQUIRE_MESSAGE(read.has_value(), read.error().message);
    CHECK(portion.position >= last.position);
    CHECK(portion.position <= accepted);
    CHECK(portion.time_mark >= last.time_mark);
    tick_frame_view frame;
    REQUIRE(read_tick_frame(portion.runs, frame).has_value());
    CHECK(frame.ticks == portion.ticks);
    std::vector<tick> decoded;
    for (auto& run : frame.runs)
      REQUIRE(run.decode_ticks(decoded).has_value());
    for (auto& t : decoded)
      ticks[t.symbol].push_back(t);
    last = std::move(portion);
  }

  void read_all(record_number accepted) {
    for (int i = 0; i < 100'000; ++i) {
      step(accepted);
      if (last.position == accepted && last.ticks == 0) return;
    }
    FAIL("the reader never comes to the end");
  }

  subscription_reader reader;
  std::map<symbol_id, std::vector<tick>> ticks;
  ticks_portion last;
};

const std::vector<wanted_ticks> all_symbols{
    {symbol_id{0}, sequence{1}}, {symbol_id{1}, sequence{1}}, {symbol_id{2}, sequence{1}}};

} // namespace

TEST_CASE("a subscription reads each accepted tick once, whatever is sealed meanwhile") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    written_log log{seed};
    // One that keeps up, and one that stands still most of the time.
    subscriber eager{log, all_symbols}, idle{log, all_symbols};
    record_number accepted{};
    auto day = 20181008;
    bool was_behind = false;
    for (std::uint64_t i = 0; i < 300; ++i) {
      log.append(day);
      auto chance = random() % 100;
      if (chance < 3) day += random() % 2 == 0 ? 1 : 0;
      if (chance < 10) log.seal(accepted);
      if (chance % 3 == 0) // replicas acknowledge late
        accepted = std::max(accepted, record_number{log.log->last_record().value -
                                                    std::min<std::uint64_t>(i, random() % 4)});
      if (accepted == record_number{}) continue;
      if (chance % 2 == 0) eager.step(accepted);
      if (chance == 50) idle.step(accepted);
      was_behind = was_behind || idle.last.position + record_number{1} < log.log->first_record();
    }
    CHECK(was_behind); // records that it had not read were released
    for (auto* reader : {&eager, &idle}) {
      reader->read_all(accepted);
      CHECK(reader->ticks == log.last_of[accepted]);
      // Columns hold no time marks: where the record is gone, the next one brings its own.
      if (accepted >= log.log->first_record()) CHECK(reader->last.time_mark == log.marks[accepted]);
      CHECK_FALSE(reader->last.final);
    }
    log.append(day, true);
    for (auto* reader : {&eager, &idle}) {
      reader->read_all(log.log->last_record());
      CHECK(reader->last.final);
      CHECK(reader->last.time_mark == end_of_time);
      CHECK(reader->ticks == log.ticks);
    }
  }
}

TEST_CASE("a subscription begins at any tick, and goes on behind any record on another reader") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    written_log log{seed};
    for (int i = 0; i < 120; ++i) {
      log.append(20181008 + i / 50);
      if (i % 25 == 0) log.seal(log.log->last_record());
    }
    auto accepted = log.log->last_record();
    auto& whole = log.ticks[symbol_id{1}];
    auto begin = 1 + random() % whole.size();
    std::vector<wanted_ticks> wanted{{symbol_id{1}, sequence{begin}}};
    subscriber first{log, wanted};
    auto steps = random() % 40;
    for (std::uint64_t i = 0; i < steps; ++i)
      first.step(accepted);
    auto taken = first.ticks[symbol_id{1}];
    // Its owner is lost: another one's log is read from where the subscriber stands.
    wanted.front().first = sequence{begin + taken.size()};
    subscriber second{log, wanted, first.last.position};
    second.read_all(accepted);
    auto& rest = second.ticks[symbol_id{1}];
    taken.insert(taken.end(), rest.begin(), rest.end());
    CHECK(taken ==
          std::vector<tick>(whole.begin() + static_cast<std::ptrdiff_t>(begin) - 1, whole.end()));
  }
}

TEST_CASE("a subscription to what comes from now on reads no history") {
  written_log log{1};
  for (int i = 0; i < 50; ++i)
    log.append();
  auto now = log.log->last_record();
  subscriber live{log, {{symbol_id{0}, sequence{}}}, now};
  live.step(now);
  CHECK(live.ticks.empty());
  log.append();
  live.read_all(log.log->last_record());
  auto& whole = log.ticks[symbol_id{0}];
  CHECK(live.ticks[symbol_id{0}] == std::vector<tick>(whole.end() - 5, whole.end()));
}

TEST_CASE("a subscription without symbols has the time marks alone") {
  written_log log{1};
  for (int i = 0; i < 50; ++i)
    log.append();
  log.seal(log.log->last_record());
  subscriber marks{log, {}};
  marks.read_all(log.log->last_record());
  CHECK(marks.ticks.empty());
  CHECK(marks.last.time_mark == log.marks[log.log->last_record()]);
}

TEST_CASE("ticks of days that are not kept any more are left out") {
  written_log log{1};
  for (int i = 0; i < 60; ++i)
    log.append(20181008 + i / 20);
  log.log->close_day(20181008);
  log.seal(log.log->last_record());
  auto dropped = log.log->drop_days_before(20181009, log.log->last_record());
  REQUIRE(dropped.has_value());
  REQUIRE(dropped->size() == 1);
  subscriber late{log, all_symbols};
  late.read_all(log.log->last_record());
  for (auto& [symbol, whole] : log.ticks)
    CHECK(late.ticks[symbol] == std::vector<tick>(whole.begin() + 100, whole.end()));
}

TEST_CASE("what ended an earlier run of a live source ends no subscription of a later one") {
  for (std::size_t sealed = 0; sealed < 2; ++sealed) {
    CAPTURE(sealed);
    written_log log{4};
    log.append(20181008);
    log.append(20181008, true);
    log.run = epoch{2};
    subscriber early{log, all_symbols}, late{log, all_symbols};
    early.read_all(record_number{2});
    CHECK_FALSE(early.last.final);
    CHECK(early.last.time_mark == log.marks[record_number{1}]);
    log.append(20181009, false, 2);
    if (sealed > 0) log.seal(record_number{3});
    for (auto* each : {&early, &late}) {
      each->read_all(record_number{3});
      CHECK_FALSE(each->last.final);
      CHECK(each->last.time_mark == log.marks[record_number{3}]);
      CHECK(each->ticks == log.ticks);
    }
    log.append(20181009, true, 2);
    for (auto* each : {&early, &late}) {
      each->step(record_number{4}, 1'000);
      CHECK(each->last.final);
      CHECK(each->last.time_mark == end_of_time);
      CHECK(each->ticks == log.ticks);
    }
  }
}

TEST_CASE("a damaged record is a fault that names file and offset") {
  written_log log{1};
  log.append();
  log.append();
  auto path = log.directory.find("wal-");
  auto bytes = std::filesystem::file_size(path);
  {
    auto file = log_file::open(log.files, path, O_RDWR);
    REQUIRE(file.has_value());
    REQUIRE(file->write("damage", bytes - 40).has_value());
  }
  for (auto after : {record_number{0}, record_number{1}}) { // in history, and live
    subscription_reader reader{log.options.root, all_symbols, after, epoch{}, log.files};
    ticks_portion portion;
    auto read = reader.next(record_number{2}, 1'000, portion);
    for (int i = 0; i < 3 && read; ++i)
      read = reader.next(record_number{2}, 1'000, portion);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message.find(path.string() + ": offset ") == 0);
    CHECK(read.error().message.find("the record is damaged") != std::string::npos);
  }
}

} // namespace tickmesh::subscription_reader_test
