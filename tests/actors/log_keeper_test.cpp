// The keeper of a tick log, on a virtual clock.
#include "actors/market/slot/log_keeper_actor.hpp"
#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/temporary_directory.hpp"

namespace tickmesh::log_keeper_test {

TEST_CASE("a keeper syncs what its log holds by then, and says when it may be told more") {
  actor_system_fixture fixture{1};
  temporary_directory directory;
  tick_log_options log_options;
  log_options.root = directory.path() / "log";
  auto opened = tick_log::open(log_options);
  REQUIRE(opened.has_value());
  auto log = std::make_shared<tick_log>(std::move(*opened));
  auto append = [&](std::uint64_t number) {
    log_record record;
    record.number = record_number{number};
    record.trading_day = 20240102;
    REQUIRE(log->append(record).has_value());
  };
  auto kept = std::make_shared<int>(0);
  auto owner = fixture.spawn([kept](caf::event_based_actor*) -> caf::behavior {
    return {[kept](log_kept) { ++*kept; }, [](const log_failed&) { FAIL("the log has failed"); }};
  });
  tick_log_settings settings;
  auto keeper =
      fixture.spawn(log_keeper, log_keeper_options{log, directory.path(), settings, owner});
  append(1);
  caf::anon_send(keeper, records_appended{record_number{1}, record_number{}});
  append(2); // of which it is not told
  fixture.run();
  CHECK(log->synced_record() == record_number{0});
  CHECK(*kept == 0);
  fixture.pass(settings.sync_interval);
  CHECK(log->synced_record() == record_number{2});
  CHECK(*kept == 1);
  fixture.pass(10 * settings.sync_interval);
  CHECK(*kept == 1); // nothing wakes it without news
  caf::anon_send(keeper, end_keeper{});
  caf::anon_send_exit(owner, caf::exit_reason::user_shutdown);
  fixture.run();
}

} // namespace tickmesh::log_keeper_test
