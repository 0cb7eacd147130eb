// A process that writes a journal is killed at random moments: what it had acknowledged is there.
#include "actors/execution/journal/journal_verify.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/journal_records.hpp"

#include <random>

namespace tickmesh::journal_kill_test {

namespace {

/// Appends records behind what the journal has and says each one's number, until it is killed.
[[noreturn]] void append_forever(const journal_options& options,
                                 const std::vector<made_record>& records, int acknowledgements) {
  auto log = journal::open(options);
  if (!log) ::_exit(1);
  for (std::size_t i = 0; i < records.size(); ++i) {
    auto record = records[i].record();
    if (record.last() <= (*log)->last_event()) continue;
    if (!(*log)->append(record)) ::_exit(2);
    if (i % 64 == 0 && !(*log)->sync()) ::_exit(3);
    auto event = record.last();
    if (::write(acknowledgements, &event, sizeof event) != sizeof event) ::_exit(4);
  }
  ::_exit(0);
}

} // namespace

TEST_CASE("a process killed at any moment leaves every event that it acknowledged") {
  log_directory directory;
  journal_options options{.directory = directory.log(), .segment_bytes_max = 64 << 10};
  auto records = make_journal_records(1, 20'000);
  std::mt19937_64 random{1};
  std::uint64_t acknowledged = 0;
  for (int kill = 0; kill < 20; ++kill) {
    CAPTURE(kill);
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    // A small pipe keeps the child from running out of records before it is killed.
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    auto child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::close(ends[0]);
      append_forever(options, records, ends[1]);
    }
    ::close(ends[1]);
    auto until = 1 + random() % 400;
    std::uint64_t event = 0;
    for (std::uint64_t i = 0; i<until&& ::read(ends[0], &event, sizeof event)> 0; ++i)
      acknowledged = event;
    ::kill(child, SIGKILL);
    while (::read(ends[0], &event, sizeof event) > 0) // said before it died
      acknowledged = event;
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    auto log = journal::open(options);
    REQUIRE_MESSAGE(log, log.error().message);
    CHECK((*log)->last_event() >= acknowledged);
    journal_reader reader{options.directory};
    auto count = check_records(reader, records);
    REQUIRE(count > 0);
    CHECK(records[count - 1].record().last() == (*log)->last_event());
    auto verified = verify_journal(options.directory);
    REQUIRE(verified);
    CHECK(verified->damages.empty());
  }
  CHECK(acknowledged > 1000);
}

} // namespace tickmesh::journal_kill_test
