// The keeper of a journal, on a virtual clock and with the order of messages drawn from seeds.
#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/slot/commit_gate.hpp"
#include "actors/execution/slot/journal_appender.hpp"
#include "actors/execution/slot/journal_keeper_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/journal_records.hpp"

#include <fmt/format.h>

#include <string_view>

namespace tickmesh::journal_keeper_test {

namespace {

/// Sends itself an appender's next step.
struct append_next {};

} // namespace

} // namespace tickmesh::journal_keeper_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::journal_keeper_test::append_next)

namespace tickmesh::journal_keeper_test {

namespace {

/// Counts the syncs, which may be told to fail.
class counting_file_system final : public unsynced_file_system {
public:
  int fdatasync(int) override {
    ++syncs;
    if (fails) errno = EIO;
    return fails ? -1 : 0;
  }
  int syncs = 0;
  bool fails = false;
};

/// A journal, and an owner that writes down what its keeper says.
struct keeper_bench {
  explicit keeper_bench(log_durability durability, std::uint64_t seed = 1) : fixture(seed) {
    settings.durability = durability;
    auto opened = journal::open({.directory = directory.log()}, files);
    REQUIRE(opened);
    log = std::move(*opened);
    owner = fixture.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const journal_durable& d) { durable.push_back(d.event); },
              [this](const journal_failed& f) { failures.push_back(f.reason); },
              [this](const trading_notice_kept& k) { note_answer("notice", k.failure); },
              [this](const journal_closed& c) { note_answer("closed", c.failure); }};
    });
    keeper = fixture.spawn(journal_keeper,
                           journal_keeper_options{log, settings, owner, notice_file, &files});
    files.syncs = 0;
  }
  ~keeper_bench() { keeper = owner = nullptr; }
  keeper_bench(const keeper_bench&) = delete;
  keeper_bench& operator=(const keeper_bench&) = delete;

  void append(bool tell = true) {
    journal_record record{.first = log->last_event() + 1, .events = 1, .writer = epoch{1}};
    record.payload = "event";
    REQUIRE(log->append(record));
    if (tell) caf::anon_send(keeper, journal_appended{log->last_event()});
  }

  /// What an answer says, and what was on disk when it came.
  void note_answer(std::string_view what, const std::string& failure) {
    auto kept = read_halt_file(notice_file, files);
    REQUIRE(kept.has_value());
    answers.push_back(fmt::format("{}{} {} {}", what, failure.empty() ? "" : " failed",
                                  *kept ? (*kept)->notice.reason : "nothing", log->synced_event()));
  }

  void keep(std::string reason) {
    caf::anon_send(keeper, keep_trading_notice{{{trading_mode::halted, "me", std::move(reason)},
                                                log->last_event()}});
  }

  log_directory directory;
  std::filesystem::path notice_file = directory.log().string() + ".trading";
  counting_file_system files;
  actor_system_fixture fixture;
  journal_settings settings;
  std::shared_ptr<journal> log;
  caf::actor owner, keeper;
  std::vector<std::uint64_t> durable;
  std::vector<std::string> failures;
  std::vector<std::string> answers;
};

using numbers = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("a keeper that syncs always answers for all that was appended meanwhile with one sync") {
  keeper_bench bench{log_durability::always};
  for (int i = 0; i < 5; ++i)
    bench.append();
  bench.append(false);
  bench.fixture.run();
  CHECK(bench.durable == numbers{6});
  auto first = bench.files.syncs; // with the state file's
  bench.append();
  bench.fixture.run();
  CHECK(bench.durable == numbers{6, 7});
  CHECK(bench.files.syncs == first + 1);
  bench.fixture.pass(std::chrono::seconds{10});
  CHECK(bench.files.syncs == first + 1); // nothing wakes it without news
}

TEST_CASE("what no command waits for is synced later, or with what a command waits for") {
  keeper_bench bench{log_durability::always};
  auto append_unawaited = [&] {
    bench.append(false);
    caf::anon_send(bench.keeper, journal_appended{bench.log->last_event(), 0, false});
    bench.fixture.run();
  };
  append_unawaited();
  append_unawaited();
  CHECK(bench.durable.empty());
  CHECK(bench.log->synced_event() == 0);
  bench.fixture.pass(journal_settings{}.unawaited_sync);
  CHECK(bench.durable == numbers{2});
  CHECK(bench.log->synced_event() == 2);
  append_unawaited();
  bench.append();
  bench.fixture.run();
  CHECK(bench.durable == numbers{2, 4});
  bench.fixture.pass(journal_settings{}.unawaited_sync); // its timer was on its way
  auto syncs = bench.files.syncs;
  bench.fixture.pass(std::chrono::seconds{10});
  CHECK(bench.files.syncs == syncs);
}

TEST_CASE("a keeper that syncs at intervals does so once an interval, and answers") {
  keeper_bench bench{log_durability::interval};
  bench.append();
  bench.append(false);
  bench.fixture.run();
  CHECK(bench.durable.empty());
  bench.fixture.pass(bench.settings.sync_interval);
  CHECK(bench.durable == numbers{2});
  CHECK(bench.log->synced_event() == 2);
  bench.fixture.pass(10 * bench.settings.sync_interval);
  CHECK(bench.durable == numbers{2});
  bench.append();
  bench.fixture.pass(bench.settings.sync_interval);
  CHECK(bench.durable == numbers{2, 3});
}

TEST_CASE("a keeper that never syncs does nothing, to its end") {
  keeper_bench bench{log_durability::never};
  bench.append();
  bench.fixture.pass(std::chrono::seconds{10});
  caf::anon_send(bench.keeper, end_journal_keeper{});
  bench.fixture.run();
  CHECK(bench.durable.empty());
  CHECK(bench.files.syncs == 0);
}

TEST_CASE("a keeper that is told to end syncs what is left, and answers") {
  keeper_bench bench{log_durability::interval};
  bench.append();
  bench.append(false);
  caf::anon_send(bench.keeper, end_journal_keeper{});
  bench.fixture.run();
  CHECK(bench.durable == numbers{2});
  CHECK(bench.log->synced_event() == 2);
}

TEST_CASE("a sync that fails is told, and never tried again") {
  for (auto durability : {log_durability::always, log_durability::interval}) {
    keeper_bench bench{durability};
    bench.files.fails = true;
    bench.append();
    bench.fixture.pass(bench.settings.sync_interval);
    REQUIRE(bench.failures.size() == 1);
    CHECK(bench.failures[0].find("can't be synced") != std::string::npos);
    auto syncs = bench.files.syncs;
    bench.files.fails = false;
    caf::anon_send(bench.keeper, journal_appended{1});
    bench.fixture.pass(bench.settings.sync_interval);
    CHECK(bench.files.syncs == syncs);
    CHECK(bench.durable.empty());
    CHECK(bench.failures.size() == 2);
  }
}

TEST_CASE("the trading state is kept behind the journal's sync, and its end behind both") {
  for (auto durability : {log_durability::always, log_durability::interval}) {
    keeper_bench bench{durability};
    bench.append(false);
    bench.keep("first");
    bench.append(false);
    bench.keep("second");
    caf::anon_send(bench.keeper, close_journal{});
    CHECK(!has_journal_ended(bench.directory.log()));
    bench.fixture.run();
    // Both had been appended before the keeper ran.
    CHECK(bench.answers ==
          std::vector<std::string>{"notice second 2", "notice second 2", "closed second 2"});
    CHECK(has_journal_ended(bench.directory.log()));
  }
  keeper_bench never{log_durability::never};
  never.append(false);
  never.keep("why");
  never.fixture.run();
  CHECK(never.answers == std::vector<std::string>{"notice why 0"});
}

TEST_CASE("a trading state that could not be kept is answered as such, and so is an end") {
  keeper_bench bench{log_durability::interval};
  bench.files.fails = true;
  bench.append(false);
  bench.keep("why");
  caf::anon_send(bench.keeper, close_journal{});
  bench.fixture.run();
  CHECK(bench.answers ==
        std::vector<std::string>{"notice failed nothing 0", "closed failed nothing 0"});
  CHECK(!has_journal_ended(bench.directory.log()));
}

TEST_CASE("in any order of messages, commands leave behind the sync of their events, all of them") {
  for_each_seed(50, [](std::uint64_t seed) {
    log_directory directory;
    counting_file_system files;
    actor_system_fixture fixture{seed};
    fixture.let_time_pass_while_working(3, std::chrono::milliseconds{50});
    auto durability = seed % 2 == 0 ? log_durability::always : log_durability::interval;
    auto opened = journal::open({.directory = directory.log(), .segment_bytes_max = 1000}, files);
    REQUIRE(opened);
    std::shared_ptr<journal> log{std::move(*opened)};
    journal_settings settings;
    settings.durability = durability;
    constexpr std::uint64_t events = 200;
    std::uint64_t left = 0;
    caf::actor keeper;
    auto appender = fixture.spawn([&](caf::event_based_actor* self) -> caf::behavior {
      keeper = self->spawn<caf::linked>(
          journal_keeper, journal_keeper_options{.log = log,
                                                 .settings = settings,
                                                 .owner = caf::actor_cast<caf::actor>(self)});
      auto gate = std::make_shared<commit_gate<std::uint64_t>>(100);
      auto notice =
          std::make_shared<sync_notice<std::uint64_t>>(notice_for_journal_keeper(durability));
      auto release = [&, gate] {
        while (auto event = gate->take()) {
          CHECK(*event == ++left);
          bool is_synced = log->synced_event() >= *event;
          CHECK((durability != log_durability::always || is_synced));
        }
      };
      self->send(self, append_next{});
      return {[&, self, gate, notice, release](append_next) {
                auto event = log->last_event() + 1;
                auto done = log->append(
                    {.first = event, .events = 1, .writer = epoch{1}, .payload = "event"});
                REQUIRE(done);
                gate->hold(event, event);
                if (durability != log_durability::always) gate->acknowledge(local_journal, event);
                if (notice->appended(event)) self->send(keeper, journal_appended{event});
                release();
                if (event < events) self->send(self, append_next{});
              },
              [&, self, gate, notice, release](const journal_durable& durable) {
                CHECK(log->synced_event() >= durable.event);
                if (durability == log_durability::always)
                  gate->acknowledge(local_journal, durable.event);
                if (notice->answered(log->last_event()))
                  self->send(keeper, journal_appended{log->last_event()});
                release();
              },
              [](const journal_failed& failed) { FAIL(failed.reason); }};
    });
    fixture.pass(std::chrono::seconds{2});
    CHECK(left == events);
    CHECK(log->synced_event() == events);
    keeper = nullptr;
    fixture.end();
  });
}

} // namespace tickmesh::journal_keeper_test
