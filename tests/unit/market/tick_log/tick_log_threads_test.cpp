// The tick log used by an appender, a keeper and readers at the same time.
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/tick_log_records.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace tickmesh::tick_log_threads_test {

namespace {

constexpr std::int32_t first_day = 20181008, second_day = 20181009;
constexpr std::uint32_t symbols = 3;

/// Records with a change of the day in the middle.
std::vector<record_maker::made> make_records(std::uint64_t seed, std::size_t count) {
  record_maker maker{seed, symbols};
  std::vector<record_maker::made> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(maker.make(i < count / 2 ? first_day : second_day));
  for (auto& made : out)
    made.record.payload = made.payload;
  return out;
}

std::vector<tick> ticks_of(const std::vector<record_maker::made>& records, std::uint32_t symbol) {
  std::vector<tick> out;
  for (auto& r : records)
    std::copy_if(r.ticks.begin(), r.ticks.end(), std::back_inserter(out),
                 [&](const tick& t) { return t.symbol.value == symbol; });
  return out;
}

tick_log_options small_segments(const log_directory& directory) {
  return {.root = directory.log(), .segment_bytes_max = 8 << 10, .wal_keep_bytes_max = 12 << 10};
}

/// What the threads share; `broken` has the first promise that one of them saw broken.
struct shared_log {
  tick_log& log;
  const std::vector<record_maker::made>& records;
  std::atomic<std::uint64_t> appended{0};
  std::atomic<std::uint64_t> read{0}; ///< by the reader of records
  std::atomic<bool> stopped{false};   ///< a promise was broken
  std::mutex mutex{};
  std::string broken{};

  bool is_complete() const { return appended.load() == records.size() || stopped.load(); }
  bool expect(bool kept, const std::string& promise) {
    if (kept) return true;
    std::lock_guard lock{mutex};
    if (broken.empty()) broken = promise;
    stopped = true;
    return false;
  }
};

void append_all(shared_log& shared) {
  for (auto& made : shared.records) {
    if (shared.stopped) return;
    if (made.record.trading_day == second_day) shared.log.close_day(first_day);
    auto done = shared.log.append(made.record);
    if (!shared.expect(done.has_value(), done ? "" : done.error().message)) return;
    shared.appended = made.record.number.value;
  }
}

void keep(shared_log& shared) {
  for (bool last = false; !last;) {
    last = shared.is_complete();
    auto before = shared.appended.load();
    auto synced = shared.log.sync();
    shared.expect(synced && synced->value >= before, "a sync has all that was appended before");
    auto sealed = shared.log.seal_next();
    shared.expect(sealed.has_value(), sealed ? "" : sealed.error().message);
    auto released = shared.log.release(record_number{shared.read.load()});
    shared.expect(released.has_value(), released ? "" : released.error().message);
  }
}

void read_records(shared_log& shared) {
  record_batch batch;
  record_number after;
  while (!shared.stopped && after.value < shared.records.size()) {
    auto appended = shared.appended.load();
    auto state = shared.log.read(after, 2'000, batch);
    if (!shared.expect(state.has_value(), state ? "" : state.error().message)) return;
    shared.expect(*state != read_state::gone, "a record that is needed is not released");
    shared.expect(*state != read_state::end || appended <= after.value,
                  "what was appended is read");
    for (auto& record : batch.records) {
      shared.expect(record.number.value == after.value + 1, "records come in order");
      shared.expect(record.payload == shared.records[after.value].payload, "a payload is whole");
      after = record.number;
    }
    shared.read = after.value;
  }
}

void read_ticks(shared_log& shared, file_system& files,
                const std::vector<std::vector<tick>>& expected, const tick_log_options& options) {
  constexpr std::uint64_t ticks_each = 5;
  for (bool last = false; !last;) {
    last = shared.is_complete();
    auto before = shared.appended.load();
    auto reader = tick_log_reader::open(options.root, files);
    if (!shared.expect(reader.has_value(), reader ? "" : reader.error().message)) return;
    for (std::uint32_t symbol = 0; symbol < symbols; ++symbol) {
      std::vector<tick> got;
      auto done =
          reader->ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{UINT64_MAX}, got);
      if (!shared.expect(done.has_value(), done ? "" : done.error().message)) return;
      shared.expect(got.size() >= before * ticks_each && got.size() <= expected[symbol].size(),
                    "a reader has what was appended before it was opened, each tick once");
      shared.expect(std::equal(got.begin(), got.end(), expected[symbol].begin()),
                    "a reader has each tick in its place");
    }
  }
}

/// Calls a function once, before a write-ahead file is opened.
class interrupted_file_system final : public unsynced_file_system {
public:
  explicit interrupted_file_system(std::function<void()> interrupt)
      : interrupt_(std::move(interrupt)) {}

  int open(const std::filesystem::path& path, int flags) override {
    if (interrupt_ && path.filename().string().starts_with("wal-"))
      std::exchange(interrupt_, nullptr)();
    return unsynced_file_system::open(path, flags);
  }

private:
  std::function<void()> interrupt_;
};

} // namespace

TEST_CASE("appending, keeping and reading at the same time lose, change and repeat nothing") {
  for (std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    log_directory directory;
    unsynced_file_system files;
    auto options = small_segments(directory);
    auto records = make_records(seed, 240);
    std::vector<std::vector<tick>> expected;
    for (std::uint32_t symbol = 0; symbol < symbols; ++symbol)
      expected.push_back(ticks_of(records, symbol));
    auto log = tick_log::open(options, files);
    REQUIRE_MESSAGE(log, log.error().message);
    shared_log shared{*log, records};
    {
      std::jthread appender{append_all, std::ref(shared)};
      std::jthread keeper{keep, std::ref(shared)};
      std::jthread by_record{read_records, std::ref(shared)};
      std::jthread by_symbol{[&] { read_ticks(shared, files, expected, options); }};
    }
    CHECK_MESSAGE(shared.broken.empty(), shared.broken);
    log->close_day(second_day);
    while (log->seal_next().value_or(false)) {
    }
    REQUIRE(log->sync());
    REQUIRE(log->release(record_number{records.size()}));
    CHECK(log->first_record().value > 1);
    auto reader = tick_log_reader::open(options.root, files);
    REQUIRE_MESSAGE(reader, reader.error().message);
    auto verified = reader->verify();
    REQUIRE_MESSAGE(verified, verified.error().message);
    CHECK(verified->damages.empty());
    CHECK(verified->ticks == records.size() * symbols * 5);
  }
}

TEST_CASE("a reader finds the ticks of a segment that is sealed and released while it opens") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_records(4, 60);
  auto options = small_segments(directory);
  options.wal_keep_bytes_max = 0;
  auto log = tick_log::open(options, files);
  REQUIRE_MESSAGE(log, log.error().message);
  for (auto& made : records)
    REQUIRE(log->append(made.record));
  std::size_t released = 0;
  interrupted_file_system interrupted{[&] {
    while (log->seal_next().value_or(false)) {
    }
    released = log->release(record_number{records.size()}).value_or(0);
  }};
  auto reader = tick_log_reader::open(options.root, interrupted);
  REQUIRE_MESSAGE(reader, reader.error().message);
  CHECK(released > 0);
  for (std::uint32_t symbol = 0; symbol < symbols; ++symbol) {
    std::vector<tick> got;
    REQUIRE(reader->ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{UINT64_MAX}, got));
    CHECK(got == ticks_of(records, symbol));
  }
}

} // namespace tickmesh::tick_log_threads_test
