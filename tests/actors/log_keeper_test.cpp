// The keeper of a tick log and an appender that tells it of records, on a virtual clock.
#include "actors/market/slot/log_keeper_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::log_keeper_test {

struct append_one {};

} // namespace tickmesh::log_keeper_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::log_keeper_test::append_one)

namespace tickmesh::log_keeper_test {

struct appender_state {
  std::shared_ptr<tick_log> log;
  caf::actor keeper;
  sync_notice<record_number> notice;
};
using appender_actor = caf::stateful_actor<appender_state>;

struct notes {
  int told = 0;
  int kept = 0;
  record_number durable{};
};

void tell(appender_actor* self) {
  auto last = self->state.log->last_record();
  self->state.notice.told(last);
  self->send(self->state.keeper, records_appended{last});
}

caf::behavior appender(appender_actor* self, const std::filesystem::path& directory,
                       tick_log_settings settings, std::shared_ptr<notes> notes) {
  auto& state = self->state;
  tick_log_options log_options;
  log_options.root = directory / "log";
  auto opened = tick_log::open(log_options);
  REQUIRE(opened.has_value());
  state.log = std::make_shared<tick_log>(std::move(*opened));
  state.notice = notice_for_log_keeper(settings.durability);
  state.keeper = self->spawn(log_keeper, log_keeper_options{state.log, directory, settings, self});
  return {
      [=](append_one) {
        auto& log = *self->state.log;
        log_record record;
        record.number = record_number{log.last_record().value + 1};
        record.trading_day = 20240102;
        REQUIRE(log.append(record).has_value());
        if (self->state.notice.appended(log.last_record()))
          tell_keeper_in_time(self, settings, tell);
      },
      [=](keeper_due) {
        ++notes->told;
        tell(self);
      },
      [=](log_kept) {
        ++notes->kept;
        keeper_answered(self, settings, tell);
      },
      [=](const records_durable& durable) { notes->durable = durable.number; },
      [](const log_failed&) { FAIL("the log has failed"); },
      [=](end_keeper) {
        self->send(self->state.keeper, end_keeper{});
        self->quit();
      },
  };
}

struct kept_log : actor_system_fixture {
  explicit kept_log(log_durability durability) : actor_system_fixture{1} {
    settings.durability = durability;
    owner = spawn(appender, directory.path(), settings, seen);
    run();
  }
  ~kept_log() {
    caf::anon_send(owner, end_keeper{});
    run();
  }

  void append() {
    caf::anon_send(owner, append_one{});
    run();
  }
  record_number synced() {
    return caf::actor_cast<appender_actor*>(owner)->state.log->synced_record();
  }

  temporary_directory directory;
  tick_log_settings settings;
  std::shared_ptr<notes> seen = std::make_shared<notes>();
  caf::actor owner;
};

TEST_CASE("a keeper syncs once an interval what its log holds by then") {
  kept_log log{log_durability::interval};
  log.append();
  log.append();
  CHECK(log.synced() == record_number{0});
  CHECK(log.seen->told == 0); // its thread is not woken before there is something to do
  log.pass(log.settings.sync_interval);
  CHECK(log.synced() == record_number{2});
  CHECK(log.seen->told == 1);
  CHECK(log.seen->kept == 1);
  log.append();
  CHECK(log.synced() == record_number{2});
  log.pass(log.settings.sync_interval);
  CHECK(log.synced() == record_number{3});
  log.pass(10 * log.settings.sync_interval);
  CHECK(log.seen->told == 2); // nothing wakes it without news
}

TEST_CASE("a keeper that always syncs does it at once, and looks after the log once an interval") {
  kept_log log{log_durability::always};
  for (std::uint64_t number = 1; number <= 3; ++number) {
    log.append();
    CHECK(log.synced() == record_number{number});
    CHECK(log.seen->durable == record_number{number});
  }
  CHECK(log.seen->kept == 0);
  log.pass(log.settings.sync_interval);
  CHECK(log.seen->kept == 1);
  log.pass(10 * log.settings.sync_interval);
  CHECK(log.seen->kept == 1);
}

TEST_CASE("a keeper whose log is never synced looks after it all the same") {
  kept_log log{log_durability::never};
  log.append();
  log.pass(log.settings.sync_interval);
  CHECK(log.seen->kept == 1);
  CHECK(log.synced() == record_number{0});
}

} // namespace tickmesh::log_keeper_test
