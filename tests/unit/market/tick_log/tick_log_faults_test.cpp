// The tick log when something fails: every call of a workload, damage in every file, a full disk.
#include "actors/market/tick_log/record_format.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "tests/support/tick_log_records.hpp"

#include <algorithm>
#include <fstream>
#include <numeric>

namespace tickmesh::tick_log_faults_test {

namespace {

constexpr std::int32_t first_day = 20181008, second_day = 20181009;

/// What a workload was told that the log did.
struct acknowledged {
  record_number last{};   ///< the last record that append took
  bool cutting = false;   ///< a truncation was begun
  bool attempted = false; ///< one more append was tried and failed
  std::size_t failures = 0;
};

constexpr std::uint64_t kept_by_truncation = 33;

std::vector<record_maker::made> workload_records() {
  record_maker maker{3};
  std::vector<record_maker::made> out;
  for (int i = 0; i < 44; ++i) { // a symbol's day never goes back, but symbols change it in turn
    bool first = i < 20 || (i < 25 && i % 4 == 0);
    out.push_back(maker.make(first ? first_day : second_day, 1, 5, first ? 0 : 3));
  }
  return out;
}

tick_log_options workload_options(const log_directory& directory) {
  return {.root = directory.log(), .segment_bytes_max = 8 << 10, .wal_keep_bytes_max = 8 << 10};
}

/// Append, sync, rotate, seal, release, drop and truncate; goes on after failures.
acknowledged run_workload(file_system& files, const log_directory& directory,
                          const std::vector<record_maker::made>& records) {
  acknowledged out;
  auto log = tick_log::open(workload_options(directory), files);
  if (!log) {
    ++out.failures;
    return out;
  }
  auto count = [&](auto&& done) { out.failures += done ? 0 : 1; };
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (i == 40) {
      out.cutting = true;
      auto done = log->truncate(record_number{kept_by_truncation});
      count(done);
      return out;
    }
    auto record = records[i].record;
    record.payload = records[i].payload;
    auto done = log->append(record);
    if (!done) done = log->append(record); // what failed for once works now
    count(done);
    out.attempted = !done;
    if (!done) return out;
    out.last = record.number;
    if (i == 24) log->close_day(first_day);
    if (i % 5 == 4) count(log->sync());
    if (i % 9 == 8) {
      count(log->seal_next());
      count(log->release(record_number{i - 4}));
    }
    if (i == 30) {
      while (log->seal_next().value_or(false)) {
      }
      count(log->drop_days_before(second_day, record_number{26}));
    }
  }
  return out;
}

/// The log must open and hold exactly what was acknowledged.
void check_log(const log_directory& directory, const acknowledged& told,
               const std::vector<record_maker::made>& records) {
  unsynced_file_system files;
  auto log = tick_log::open(workload_options(directory), files);
  REQUIRE_MESSAGE(log, log.error().message);
  auto last = log->last_record();
  if (told.cutting)
    CHECK((last.value == kept_by_truncation || last == told.last));
  else
    CHECK((last == told.last || (told.attempted && last.value == told.last.value + 1)));
  record_batch batch;
  auto state = log->read(log->first_record() - record_number{1}, 1 << 20, batch);
  REQUIRE_MESSAGE(state, state.error().message);
  CHECK(batch.records.size() == last.value - log->first_record().value + 1);
  for (auto& record : batch.records)
    CHECK(record.payload == records[record.number.value - 1].payload);
  auto reader = tick_log_reader::open(directory.log());
  REQUIRE_MESSAGE(reader, reader.error().message);
  auto verified = reader->verify();
  REQUIRE(verified);
  for (auto& damage : verified->damages)
    FAIL_CHECK(damage.file << " " << damage.offset << " " << damage.what);
  bool dropped = !std::filesystem::exists(directory.log() / std::to_string(first_day));
  for (std::uint32_t symbol = 0; symbol < 6; ++symbol) {
    std::vector<tick> expected, got;
    for (std::uint64_t i = 0; i < last.value; ++i)
      std::copy_if(records[i].ticks.begin(), records[i].ticks.end(), std::back_inserter(expected),
                   [&](const tick& t) {
                     return t.symbol.value == symbol && !(dropped && t.trading_day == first_day);
                   });
    REQUIRE(reader->ticks_by_number(symbol_id{symbol}, sequence{1}, sequence{UINT64_MAX}, got));
    CHECK(got == expected);
  }
  auto next = records[last.value].record;
  next.payload = records[last.value].payload;
  auto done = log->append(next);
  CHECK_MESSAGE(done, done.error().message);
}

std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_bytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary}.write(bytes.data(),
                                              static_cast<std::streamsize>(bytes.size()));
}

/// A closed log of `count` records on one day, sealed where `seal` says so.
std::vector<record_maker::made> fill(const log_directory& directory, int count, bool seal = false) {
  record_maker maker{5};
  std::vector<record_maker::made> out;
  unsynced_file_system files;
  auto log = tick_log::open({.root = directory.log(), .segment_bytes_max = 8 << 10}, files);
  REQUIRE(log);
  for (int i = 0; i < count; ++i) {
    out.push_back(maker.make(first_day));
    out.back().record.payload = out.back().payload;
    REQUIRE(log->append(out.back().record));
  }
  while (seal && log->seal_next().value_or(false)) {
  }
  return out;
}

} // namespace

TEST_CASE("a process that dies at any call leaves exactly the acknowledged records") {
  auto records = workload_records();
  std::uint64_t calls = 0;
  {
    log_directory directory;
    broken_file_system files;
    auto told = run_workload(files, directory, records);
    CHECK(told.failures == 0);
    calls = files.calls();
  }
  REQUIRE(calls > 200);
  for (std::uint64_t n = 1; n <= calls; ++n) {
    CAPTURE(n);
    log_directory directory;
    broken_file_system files{n};
    auto told = run_workload(files, directory, records);
    check_log(directory, told, records);
  }
}

TEST_CASE("a call that fails once leaves a log that is valid and goes on") {
  auto records = workload_records();
  std::vector<std::uint64_t> all, writing;
  {
    log_directory directory;
    broken_file_system files;
    run_workload(files, directory, records);
    all.resize(files.calls());
    std::iota(all.begin(), all.end(), 1);
    writing = files.writing_calls();
  }
  // Up to the call that fails all is as it was in the run above, so each kind of failure need only
  // be tried where it can happen.
  for (auto how :
       {broken_call::input_output_error, broken_call::full_disk, broken_call::short_write}) {
    for (auto n : how == broken_call::input_output_error ? all : writing) {
      CAPTURE(how);
      CAPTURE(n);
      log_directory directory;
      broken_file_system files{n, how};
      auto told = run_workload(files, directory, records);
      REQUIRE(files.calls() >= n);
      check_log(directory, told, records);
    }
  }
}

TEST_CASE("death while a log is recovered leaves a log that recovers") {
  auto records = workload_records();
  for (std::uint64_t n : {40, 90, 140, 200, 260}) {
    for (std::uint64_t again = 1;; ++again) {
      CAPTURE(n);
      CAPTURE(again);
      log_directory directory;
      broken_file_system files{n};
      auto told = run_workload(files, directory, records);
      broken_file_system recovering{again};
      bool opened = tick_log::open(workload_options(directory), recovering).has_value();
      check_log(directory, told, records);
      if (opened && recovering.calls() < again) break;
    }
  }
}

TEST_CASE("any cut of the newest write-ahead file opens at the last whole record") {
  log_directory directory;
  auto records = fill(directory, 3);
  auto path = directory.find("wal-");
  auto bytes = read_bytes(path);
  for (std::size_t size = 0; size <= bytes.size(); size += 7) {
    CAPTURE(size);
    write_bytes(path, std::string_view{bytes}.substr(0, size));
    auto log = tick_log::open({.root = directory.log()});
    REQUIRE_MESSAGE(log, log.error().message);
    std::size_t whole = 0, end = 0;
    while (whole < 3 && end + record_bytes(records[whole].payload.size()) <= size)
      end += record_bytes(records[whole++].payload.size());
    CHECK(log->last_record().value == whole);
    CHECK(log->recovery().bytes_cut == size - end);
    CHECK(log->recovery().notes.empty() == (size == end && size > 0));
  }
}

TEST_CASE("a flipped bit in the last record is cut, in an earlier one it refuses to open") {
  log_directory directory;
  auto records = fill(directory, 3);
  auto path = directory.find("wal-");
  auto bytes = read_bytes(path);
  auto last = bytes.size() - record_bytes(records[2].payload.size());
  auto padding =
      record_bytes(records[2].payload.size()) - record_header_bytes - records[2].payload.size();
  for (std::size_t at = 0; at < bytes.size() - padding; at += 5) {
    CAPTURE(at);
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    write_bytes(path, damaged);
    auto log = tick_log::open({.root = directory.log()});
    if (at >= last) {
      REQUIRE_MESSAGE(log, log.error().message);
      CHECK(log->last_record().value == 2);
      continue;
    }
    auto first = record_bytes(records[0].payload.size());
    bool in_padding =
        at % 8 != 0 && at < first && at >= record_header_bytes + records[0].payload.size();
    bool in_second_padding =
        at >= first + record_header_bytes + records[1].payload.size() && at < last;
    if (in_padding || in_second_padding) continue;
    REQUIRE(!log);
    CHECK(log.error().message.find(path.string()) != std::string::npos);
    CHECK(log.error().message.find("offset " + std::to_string(at < first ? 0 : first)) !=
          std::string::npos);
  }
}

TEST_CASE("after a power cut, what was not synced may be cut on demand") {
  log_directory directory;
  auto records = fill(directory, 3);
  auto path = directory.find("wal-");
  auto bytes = read_bytes(path);
  bytes[record_bytes(records[0].payload.size()) + 100] ^= 1;
  write_bytes(path, bytes);
  CHECK(!tick_log::open({.root = directory.log()}));
  auto log = tick_log::open({.root = directory.log(), .cut_unsynced = true});
  REQUIRE_MESSAGE(log, log.error().message);
  CHECK(log->last_record().value == 1);
}

TEST_CASE("a missing write-ahead file refuses to open unless its ticks are sealed and released") {
  log_directory directory;
  fill(directory, 60);
  std::filesystem::remove(directory.find("wal-"));
  auto log = tick_log::open({.root = directory.log()});
  REQUIRE(!log);
  CHECK(log.error().message.find("record 1 before it is missing") != std::string::npos);
}

TEST_CASE("a sealed file that is missing or damaged is made again while its records are there") {
  for (std::string prefix : {"ticks-", "rejected-"}) {
    for (bool missing : {true, false}) {
      log_directory directory;
      fill(directory, 60, true);
      auto path = directory.find(prefix);
      auto bytes = read_bytes(path);
      bytes[20] ^= 4;
      if (missing)
        std::filesystem::remove(path);
      else
        write_bytes(path, bytes);
      auto log = tick_log::open({.root = directory.log()});
      REQUIRE_MESSAGE(log, log.error().message);
      REQUIRE(!log->recovery().notes.empty());
      CHECK(log->recovery().notes.front().find(path.string()) != std::string::npos);
      auto sealed = log->seal_next();
      REQUIRE(sealed);
      CHECK(*sealed);
      auto reader = tick_log_reader::open(directory.log());
      REQUIRE(reader);
      CHECK(reader->verify()->damages.empty());
    }
  }
}

TEST_CASE("a sealed file that is missing without its records refuses to open and names it") {
  log_directory directory;
  fill(directory, 60, true);
  auto log = tick_log::open({.root = directory.log(), .wal_keep_bytes_max = 0});
  REQUIRE(log);
  REQUIRE(log->sync());
  REQUIRE(log->release(record_number{60}).value_or(0) > 0);
  log = tl::make_unexpected(fault{});
  auto path = directory.find("ticks-");
  std::filesystem::remove(path);
  log = tick_log::open({.root = directory.log()});
  REQUIRE(!log);
  CHECK(log.error().message.find(path.string()) != std::string::npos);
}

TEST_CASE("verifying names the file and offset of any flipped bit in a sealed file") {
  for (std::string prefix : {"ticks-", "rejected-", "wal-"}) {
    log_directory directory;
    fill(directory, 60, true);
    auto path = directory.find(prefix);
    auto bytes = read_bytes(path);
    for (std::size_t at = 0; at < bytes.size(); at += 31) {
      if (prefix == "wal-" && at > 60) break; // behind it, padding is not covered
      CAPTURE(at);
      auto damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
      write_bytes(path, damaged);
      auto reader = tick_log_reader::open(directory.log());
      REQUIRE(reader);
      auto verified = reader->verify();
      REQUIRE(verified);
      REQUIRE(!verified->damages.empty());
      CHECK(verified->damages.front().file == path);
    }
  }
}

TEST_CASE("a sync that fails stops the log") {
  log_directory directory;
  fill(directory, 5);
  for (std::uint64_t n = 1;; ++n) {
    broken_file_system files{n, broken_call::input_output_error};
    auto log = tick_log::open({.root = directory.log()}, files);
    if (!log) continue;
    auto before = files.calls();
    auto synced = log->sync();
    if (before < n && n <= files.calls()) {
      REQUIRE(!synced);
      CHECK(!log->append({record_number{6}, epoch{1}, first_day, 0, 0, ""}));
      CHECK(!log->sync());
    } else {
      break;
    }
  }
}

} // namespace tickmesh::tick_log_faults_test
