// The journal when something fails: every call of a workload, damage in every file, a full disk.
#include "actors/execution/journal/journal_verify.hpp"
#include "tests/support/journal_records.hpp"

#include <fmt/format.h>

#include <fstream>
#include <numeric>

namespace tickmesh::journal_faults_test {

namespace {

journal_options workload_options(const log_directory& directory) {
  return {.directory = directory.log(), .segment_bytes_max = 2 << 10};
}

/// What a workload was told that the journal did.
struct acknowledged {
  std::size_t records = 0; ///< that append took
  std::uint64_t synced = 0;
  bool attempted = false; ///< one more append was tried and failed
  std::size_t failures = 0;
};

/// Append, sync, rotate and release; goes on after failures.
acknowledged run_workload(file_system& files, const log_directory& directory,
                          const std::vector<made_record>& records) {
  acknowledged out;
  auto log = journal::open(workload_options(directory), files);
  if (!log) {
    ++out.failures;
    return out;
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto done = (*log)->append(records[i].record());
    if (!done) done = (*log)->append(records[i].record()); // what failed for once works now
    out.failures += done ? 0 : 1;
    out.attempted = !done;
    if (!done) return out;
    out.records = i + 1;
    if (i % 5 == 4) {
      auto synced = (*log)->sync();
      out.failures += synced ? 0 : 1;
      if (synced) out.synced = *synced;
    }
    if (i % 11 == 10) {
      auto released = (*log)->release(records[i - 10].record().last());
      out.failures += released ? 0 : 1;
    }
  }
  return out;
}

/// The journal must open and hold exactly what was acknowledged.
void check_journal(const log_directory& directory, const acknowledged& told,
                   const std::vector<made_record>& records) {
  unsynced_file_system files;
  auto opened = journal::open(workload_options(directory), files);
  REQUIRE_MESSAGE(opened, opened.error().message);
  auto& log = **opened;
  auto count = told.records;
  if (told.attempted && log.last_event() == records[count].record().last()) ++count;
  CHECK(log.last_event() == (count == 0 ? 0 : records[count - 1].record().last()));
  CHECK(log.synced_event() >= (told.failures == 0 ? 0 : log.first_event() - 1));
  std::size_t first = 0;
  while (first < count && records[first].record().first < log.first_event())
    ++first;
  journal_reader reader{directory.log(), files};
  CHECK(check_records(reader, records, first) == count);
  auto verified = verify_journal(directory.log(), files);
  REQUIRE_MESSAGE(verified, verified.error().message);
  for (auto& damage : verified->damages)
    FAIL_CHECK(damage.file << " " << damage.offset << " " << damage.what);
  CHECK(verified->unfinished_bytes == 0);
  if (count == records.size()) return;
  auto done = log.append(records[count].record());
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

/// A closed journal of these records.
void fill(const log_directory& directory, const std::vector<made_record>& records,
          std::uint64_t segment_bytes_max, bool sync = false) {
  unsynced_file_system files;
  auto log = journal::open({directory.log(), segment_bytes_max}, files);
  REQUIRE(log);
  for (auto& made : records)
    REQUIRE((*log)->append(made.record()));
  if (sync) REQUIRE((*log)->sync());
}

std::string fault_of_opening(const log_directory& directory, bool cut_unsynced = false) {
  auto log = journal::open({.directory = directory.log(), .cut_unsynced = cut_unsynced});
  return log ? "" : log.error().message;
}

/// Writes half of what it is given and then fails, when it is told to.
class tearing_file_system final : public unsynced_file_system {
public:
  ssize_t pwrite(int fd, const char* from, std::size_t bytes, std::uint64_t offset) override {
    if (!tears) return unsynced_file_system::pwrite(fd, from, bytes, offset);
    unsynced_file_system::pwrite(fd, from, bytes / 2, offset);
    errno = ENOSPC;
    return -1;
  }
  int ftruncate(int fd, std::uint64_t bytes) override {
    return keeps ? -1 : unsynced_file_system::ftruncate(fd, bytes);
  }
  bool tears = false; ///< writes
  bool keeps = false; ///< what is to be cut
};

bool names(const std::string& fault, const std::filesystem::path& path, std::size_t offset) {
  return fault.starts_with(path.string() + ": offset " + std::to_string(offset) + ":");
}

} // namespace

TEST_CASE("a process that dies at any call leaves exactly the acknowledged events") {
  auto records = make_journal_records(1, 60);
  std::uint64_t calls = 0;
  {
    log_directory directory;
    broken_file_system files;
    auto told = run_workload(files, directory, records);
    CHECK(told.failures == 0);
    calls = files.calls();
    check_journal(directory, told, records);
  }
  REQUIRE(calls > 150);
  for (std::uint64_t n = 1; n <= calls; ++n) {
    CAPTURE(n);
    log_directory directory;
    broken_file_system files{n};
    auto told = run_workload(files, directory, records);
    check_journal(directory, told, records);
  }
}

TEST_CASE("a call that fails once leaves a journal that is valid and goes on") {
  auto records = make_journal_records(2, 60);
  std::vector<std::uint64_t> all, writing;
  {
    log_directory directory;
    broken_file_system files;
    run_workload(files, directory, records);
    all.resize(files.calls());
    std::iota(all.begin(), all.end(), 1);
    writing = files.writing_calls();
  }
  for (auto how :
       {broken_call::input_output_error, broken_call::full_disk, broken_call::short_write}) {
    for (auto n : how == broken_call::input_output_error ? all : writing) {
      CAPTURE(how);
      CAPTURE(n);
      log_directory directory;
      broken_file_system files{n, how};
      auto told = run_workload(files, directory, records);
      REQUIRE(files.calls() >= n);
      check_journal(directory, told, records);
    }
  }
}

TEST_CASE("nothing of a write that failed stays behind a shorter one that follows") {
  for (bool keeps : {false, true}) {
    CAPTURE(keeps);
    log_directory directory;
    tearing_file_system files;
    auto log = journal::open({.directory = directory.log()}, files);
    REQUIRE(log);
    std::string large(500, 'x');
    files.tears = true;
    files.keeps = keeps;
    auto done = (*log)->append({.first = 1, .events = 1, .writer = epoch{1}, .payload = large});
    REQUIRE(!done);
    CHECK(done.error().message.find("free space on the disk") != std::string::npos);
    files.tears = files.keeps = false;
    REQUIRE((*log)->append({.first = 1, .events = 1, .writer = epoch{1}, .payload = "short"}));
    CHECK(std::filesystem::file_size(directory.find("events-")) == journal_record_bytes(5));
    log->reset();
    CHECK(fault_of_opening(directory).empty());
  }
}

TEST_CASE("death while a journal is recovered leaves a journal that recovers") {
  auto records = make_journal_records(3, 60);
  for (std::uint64_t n : {20, 60, 100, 140}) {
    for (std::uint64_t again = 1;; ++again) {
      CAPTURE(n);
      CAPTURE(again);
      log_directory directory;
      broken_file_system files{n};
      auto told = run_workload(files, directory, records);
      broken_file_system recovering{again};
      bool opened = journal::open(workload_options(directory), recovering).has_value();
      check_journal(directory, told, records);
      if (opened && recovering.calls() < again) break;
    }
  }
}

TEST_CASE("any cut of the newest file opens at the last whole record") {
  log_directory directory;
  auto records = make_journal_records(4, 4);
  fill(directory, records, 1 << 20);
  auto path = directory.find("events-");
  auto bytes = read_bytes(path);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    CAPTURE(size);
    write_bytes(path, std::string_view{bytes}.substr(0, size));
    std::size_t whole = 0, end = 0;
    while (whole < 4 && end + records[whole].bytes() <= size)
      end += records[whole++].bytes();
    journal_reader reader{directory.log()};
    CHECK(check_records(reader, records) == whole); // also before anything is cut
    unsynced_file_system files;
    auto log = journal::open({.directory = directory.log()}, files);
    REQUIRE_MESSAGE(log, log.error().message);
    CHECK((*log)->last_event() == (whole == 0 ? 0 : records[whole - 1].record().last()));
    CHECK((*log)->recovery().bytes_cut == size - end);
    CHECK((*log)->recovery().notes.empty() == (size == end));
  }
}

TEST_CASE("a flipped bit in the last record is cut, in an earlier one it refuses to open") {
  log_directory directory;
  auto records = make_journal_records(5, 3);
  fill(directory, records, 1 << 20);
  auto path = directory.find("events-");
  auto bytes = read_bytes(path);
  auto second = records[0].bytes(), last = second + records[1].bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    write_bytes(path, damaged);
    auto verified = verify_journal(directory.log());
    REQUIRE(verified);
    CHECK((verified->damages.size() > 0 || verified->unfinished_bytes > 0));
    if (!verified->damages.empty()) CHECK(verified->damages.front().file == path);
    journal_reader reader{directory.log()};
    result<const journal_record*> record{nullptr};
    while ((record = reader.next()) && *record != nullptr) {
    }
    auto fault = fault_of_opening(directory);
    CHECK(record.has_value() == (at >= last));
    CHECK(fault.empty() == (at >= last));
    if (at >= last) continue;
    CHECK(names(fault, path, at < second ? 0 : second));
    CHECK(names(record.error().message, path, at < second ? 0 : second));
  }
}

TEST_CASE("the search for an intact record passes over one whose mark alone is intact") {
  log_directory directory;
  auto records = make_journal_records(5, 2);
  fill(directory, records, 1 << 20);
  auto bytes = read_bytes(directory.find("events-"));
  bytes[records[0].bytes() - 1] ^= 1;
  parsed_journal_record found;
  CHECK(find_journal_record(bytes, 0, found) == records[0].bytes());
  CHECK(found.bytes == records[1].bytes());
}

TEST_CASE("a check says which events were synced and are missing") {
  log_directory directory;
  auto records = make_journal_records(6, 3);
  fill(directory, records, 1 << 20, true);
  auto path = directory.find("events-");
  write_bytes(path, read_bytes(path).substr(0, records[0].bytes()));
  auto verified = verify_journal(directory.log());
  REQUIRE(verified);
  REQUIRE(!verified->damages.empty());
  CHECK(verified->damages.back().what == fmt::format("events {} to {} were synced and are missing",
                                                     records[0].record().last() + 1,
                                                     records[2].record().last()));
}

TEST_CASE("after a power cut, what was not synced may be cut on demand, and what was may not") {
  for (bool sync : {false, true}) {
    log_directory directory;
    auto records = make_journal_records(6, 3);
    fill(directory, records, 1 << 20, sync);
    auto path = directory.find("events-");
    auto bytes = read_bytes(path);
    bytes[records[0].bytes() + 50] ^= 1;
    write_bytes(path, bytes);
    auto fault = fault_of_opening(directory);
    CHECK(names(fault, path, records[0].bytes()));
    CHECK(fault.find(sync ? "had been synced; restore" : "once with cut_unsynced") !=
          std::string::npos);
    CHECK(fault_of_opening(directory, true).empty() == !sync);
  }
}

TEST_CASE("a missing file refuses to open, be it the first, one between or the newest") {
  auto records = make_journal_records(7, 60);
  for (std::size_t which : {0, 1, 2}) {
    CAPTURE(which);
    log_directory directory;
    fill(directory, records, 4 << 10, true);
    unsynced_file_system files;
    auto firsts = *list_journal_files(files, directory.log());
    REQUIRE(firsts.size() >= 3);
    auto gone = which == 2 ? firsts.back() : firsts[which];
    std::filesystem::remove(directory.log() / journal_file_name(gone));
    CHECK(fault_of_opening(directory).find("synced; restore the file from a copy") !=
          std::string::npos);
    CHECK(!fault_of_opening(directory, true).empty());
    CHECK(verify_journal(directory.log())->damages.size() > 0);
    if (which != 1) continue;
    journal_reader reader{directory.log()};
    result<const journal_record*> record{nullptr};
    while ((record = reader.next()) && *record != nullptr) {
    }
    REQUIRE(!record);
    CHECK(record.error().message.find(fmt::format("the file of the events from {} on is missing",
                                                  gone)) != std::string::npos);
  }
}

TEST_CASE("a damaged state file refuses to open and is named") {
  log_directory directory;
  fill(directory, make_journal_records(8, 3), 1 << 20, true);
  auto path = directory.log() / journal_state_name;
  auto bytes = read_bytes(path);
  REQUIRE(!bytes.empty());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    CAPTURE(at);
    auto damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    write_bytes(path, damaged);
    CHECK(fault_of_opening(directory).starts_with(path.string()));
  }
}

TEST_CASE("a sync that fails fails the journal for good") {
  auto records = make_journal_records(9, 3);
  for (std::uint64_t n = 1;; ++n) {
    log_directory directory;
    broken_file_system files{n, broken_call::input_output_error};
    auto log = journal::open({.directory = directory.log()}, files);
    if (!log) continue;
    if (!(*log)->append(records[0].record())) continue;
    auto before = files.calls();
    auto synced = (*log)->sync();
    if (n > files.calls()) break;
    if (n <= before) continue;
    REQUIRE(!synced);
    CHECK((*log)->synced_event() == 0);
    auto calls = files.calls();
    CHECK(!(*log)->append(records[1].record()));
    CHECK(!(*log)->sync());
    CHECK(files.calls() == calls); // nothing is tried again
  }
}

} // namespace tickmesh::journal_faults_test
