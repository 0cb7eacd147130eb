// The journal as its writer, its keeper and its readers use it, while nothing fails.
#include "actors/execution/journal/journal_verify.hpp"
#include "tests/support/journal_records.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <thread>

namespace tickmesh::journal_test {

namespace {

journal_options small_segments(const log_directory& directory) {
  return {.directory = directory.log(), .segment_bytes_max = 4 << 10};
}

std::size_t count_files(const log_directory& directory) {
  unsynced_file_system files;
  return list_journal_files(files, directory.log())->size();
}

void append_all(journal& log, const std::vector<made_record>& records, std::size_t from = 0) {
  for (auto i = from; i < records.size(); ++i) {
    auto done = log.append(records[i].record());
    REQUIRE_MESSAGE(done, done.error().message);
  }
}

/// Index of the record that holds `event`.
std::size_t index_of(const std::vector<made_record>& records, std::uint64_t event) {
  std::size_t i = 0;
  while (records[i].record().last() < event)
    ++i;
  return i;
}

/// The end of a file comes into sight only when it has been missed for some times: another process
/// is still writing it.
class slow_file_system final : public unsynced_file_system {
public:
  slow_file_system(std::uint64_t visible, int misses) : visible_(visible), misses_(misses) {}
  ssize_t pread(int fd, char* to, std::size_t bytes, std::uint64_t offset) override {
    if (misses_ <= 0) return unsynced_file_system::pread(fd, to, bytes, offset);
    if (offset >= visible_) {
      --misses_;
      return 0;
    }
    return unsynced_file_system::pread(fd, to, std::min<std::size_t>(bytes, visible_ - offset),
                                       offset);
  }

private:
  std::uint64_t visible_;
  int misses_;
};

/// Its `meanwhile` happens between a look for a file that is not there and the next call.
class racing_file_system final : public unsynced_file_system {
public:
  std::function<void()> meanwhile;
  int open(const std::filesystem::path& path, int flags) override {
    int fd = unsynced_file_system::open(path, flags);
    if (fd >= 0 || errno != ENOENT || !meanwhile) return fd;
    meanwhile();
    errno = ENOENT;
    return -1;
  }
};

} // namespace

TEST_CASE("a record that is written while it is read is no damage, though a next file is there") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_journal_records(1, 200);
  append_all(**journal::open(small_segments(directory), files), records);
  auto first = directory.log() / journal_file_name(1);
  auto end = std::filesystem::file_size(first);
  for (int misses = 1; misses <= 4; ++misses) {
    CAPTURE(misses);
    slow_file_system slow{end - 5, misses};
    journal_reader reader{directory.log(), slow};
    CHECK(check_records(reader, records) == records.size());
  }
  slow_file_system damaged{end - 5, 1'000};
  journal_reader reader{directory.log(), damaged};
  auto record = reader.next();
  while (record && *record != nullptr)
    record = reader.next();
  CHECK_FALSE(record);
}

TEST_CASE("a journal that is closed and opened again goes on where it was") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_journal_records(1, 200);
  {
    auto log = journal::open(small_segments(directory), files);
    REQUIRE_MESSAGE(log, log.error().message);
    CHECK((*log)->first_event() == 1);
    CHECK((*log)->last_event() == 0);
    CHECK((*log)->last_writer() == epoch{0});
    append_all(**log, {records.begin(), records.begin() + 120});
    CHECK((*log)->last_event() == records[119].record().last());
    CHECK((*log)->synced_event() == 0);
    CHECK((*log)->sync().value_or(0) == records[119].record().last());
    CHECK((*log)->synced_event() == records[119].record().last());
  }
  auto log = journal::open(small_segments(directory), files);
  REQUIRE_MESSAGE(log, log.error().message);
  CHECK((*log)->recovery().records_read == 120);
  CHECK((*log)->recovery().notes.empty());
  CHECK((*log)->last_event() == records[119].record().last());
  CHECK((*log)->last_writer() == records[119].writer);
  append_all(**log, records, 120);
  CHECK(count_files(directory) > 3);
  journal_reader reader{directory.log(), files};
  CHECK(check_records(reader, records) == records.size());
  auto verified = verify_journal(directory.log(), files);
  REQUIRE(verified);
  CHECK(verified->damages.empty());
  CHECK(verified->records == records.size());
  CHECK(verified->last_event == (*log)->last_event());
}

TEST_CASE("a second process is refused while a journal is open") {
  log_directory directory;
  auto log = journal::open(small_segments(directory));
  REQUIRE(log);
  auto second = journal::open(small_segments(directory));
  REQUIRE(!second);
  CHECK(second.error().message.find("locked by another process") != std::string::npos);
  log->reset();
  CHECK(journal::open(small_segments(directory)));
}

TEST_CASE("a deposed owner and events out of order can't append") {
  log_directory directory;
  unsynced_file_system files;
  auto options = small_segments(directory);
  std::string payload = "x";
  {
    auto log = journal::open(options, files);
    REQUIRE(log);
    REQUIRE((*log)->append({.first = 1, .events = 2, .writer = epoch{5}, .payload = payload}));
    auto old = (*log)->append({.first = 3, .events = 1, .writer = epoch{4}, .payload = payload});
    REQUIRE(!old);
    CHECK(old.error().message.find("epoch 5 has written here: this owner is deposed") !=
          std::string::npos);
    CHECK(!(*log)->append({.first = 2, .events = 1, .writer = epoch{5}, .payload = payload}));
    CHECK(!(*log)->append({.first = 4, .events = 1, .writer = epoch{5}, .payload = payload}));
    CHECK(!(*log)->append({.first = 3, .events = 0, .writer = epoch{5}, .payload = payload}));
  }
  auto log = journal::open(options, files);
  REQUIRE(log);
  CHECK(!(*log)->append({.first = 3, .events = 1, .writer = epoch{4}, .payload = payload}));
  CHECK((*log)->append({.first = 3, .events = 1, .writer = epoch{6}, .payload = payload}));
}

TEST_CASE("a reader goes on from any event, and says so when it is not kept any more") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_journal_records(2, 150);
  auto log = journal::open(small_segments(directory), files);
  REQUIRE(log);
  append_all(**log, records);
  auto last = (*log)->last_event();
  journal_reader reader{directory.log(), files};
  for (std::uint64_t event = 1; event <= last; event += 7) {
    CAPTURE(event);
    REQUIRE(reader.seek(event));
    CHECK(check_records(reader, records, index_of(records, event)) == records.size());
  }
  REQUIRE(reader.seek(last + 1));
  CHECK(*reader.next() == nullptr);
  REQUIRE((*log)->sync());
  REQUIRE((*log)->release(last / 2).value_or(0) > 0);
  auto first = (*log)->first_event();
  CHECK(first > 1);
  CHECK(first <= last / 2 + 1);
  auto gone = reader.seek(first - 1);
  REQUIRE(!gone);
  CHECK(gone.error().message.find("event " + std::to_string(first - 1) + " is not kept any more") !=
        std::string::npos);
  journal_reader fresh{directory.log(), files};
  CHECK(check_records(fresh, records, index_of(records, first)) == records.size());
}

TEST_CASE("release never removes what is needed, or the newest file, and survives a new start") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_journal_records(3, 150);
  std::uint64_t first = 0;
  {
    auto log = journal::open(small_segments(directory), files);
    REQUIRE(log);
    append_all(**log, records);
    REQUIRE((*log)->release(0).value_or(9) == 0);
    REQUIRE((*log)->release(UINT64_MAX).value_or(0) > 2);
    first = (*log)->first_event();
    CHECK(first <= (*log)->last_event());
  }
  CHECK(count_files(directory) == 1);
  auto log = journal::open(small_segments(directory), files);
  REQUIRE_MESSAGE(log, log.error().message);
  CHECK((*log)->first_event() == first);
  auto verified = verify_journal(directory.log(), files);
  REQUIRE(verified);
  CHECK(verified->damages.empty());
  CHECK(verified->first_event == first);
}

TEST_CASE("a reader follows a journal that is appended to, over the change of files") {
  log_directory directory;
  unsynced_file_system files;
  auto records = make_journal_records(4, 150);
  journal_reader reader{directory.log(), files};
  auto log = journal::open(small_segments(directory), files);
  REQUIRE(log);
  CHECK(*reader.next() == nullptr);
  for (std::size_t i = 0; i < records.size(); ++i) {
    REQUIRE((*log)->append(records[i].record()));
    if (i % 3 == 0)
      CHECK(check_records(reader, {records.begin(), records.begin() + i + 1}, i == 0 ? 0 : i - 2) ==
            i + 1);
  }
}

TEST_CASE("a file that is begun while a reader looks for it is not missing") {
  for (std::size_t a_time : {1, 2, 3, 30}) {
    CAPTURE(a_time);
    log_directory directory;
    unsynced_file_system files;
    racing_file_system racing;
    auto records = make_journal_records(5, 150);
    auto log = journal::open(small_segments(directory), files);
    REQUIRE(log);
    std::size_t appended = 0, read = 0;
    auto append_some = [&] {
      for (auto end = std::min(appended + a_time, records.size()); appended < end; ++appended)
        REQUIRE((*log)->append(records[appended].record()));
    };
    append_some();
    racing.meanwhile = append_some;
    journal_reader reader{directory.log(), racing};
    while (read < records.size()) {
      auto record = reader.next();
      REQUIRE_MESSAGE(record, record.error().message);
      if (*record == nullptr) continue;
      CHECK((*record)->payload == records[read].payload);
      ++read;
    }
    CHECK(count_files(directory) > 3);
  }
}

TEST_CASE("appending, syncing, releasing and reading at the same time keep their promises") {
  for (std::uint64_t seed : {1, 2, 3}) {
    log_directory directory;
    unsynced_file_system files;
    auto records = make_journal_records(seed, 2'000);
    auto opened = journal::open(small_segments(directory), files);
    REQUIRE(opened);
    auto& log = **opened;
    std::atomic<std::size_t> appended{0}, read{0};
    std::atomic<int> broken{0};
    {
      std::jthread appender{[&] {
        for (auto& made : records) {
          if (!log.append(made.record())) ++broken;
          ++appended;
        }
      }};
      std::jthread keeper{[&] {
        for (bool last = false; !last;) {
          last = appended == records.size();
          auto before = log.last_event();
          auto synced = log.sync();
          if (!synced || *synced < before || log.synced_event() < *synced) ++broken;
          auto done = read.load();
          if (!log.release(done == 0 ? 0 : records[done - 1].record().last())) ++broken;
        }
      }};
      std::jthread follower{[&] {
        journal_reader reader{directory.log(), files};
        while (read < records.size() && broken == 0) {
          auto there = appended.load();
          auto record = reader.next();
          if (!record || (*record == nullptr && read < there)) ++broken;
          if (!record || *record == nullptr) continue;
          if ((*record)->payload != records[read].payload) ++broken;
          ++read;
        }
      }};
    }
    CHECK(broken == 0);
    auto verified = verify_journal(directory.log(), files);
    REQUIRE(verified);
    CHECK(verified->damages.empty());
    CHECK(verified->last_event == records.back().record().last());
  }
}

} // namespace tickmesh::journal_test
