// The supervisor: restarts what crashes, tells its owner, gives up in time, leaves nobody behind.
#include "tests/support/supervisor_bench.hpp"

namespace tickmesh::supervisor_test {

using namespace supervisor_bench;

TEST_CASE("a child that crashes is restarted alone, and the owner gets its new handle") {
  supervised all;
  all.add(1);
  all.add(2);
  REQUIRE(all.log->started.size() == 2);
  CHECK(all.log->started[0].restarts == 0);
  auto first = all.log->latest(1);
  auto sibling = all.log->latest(2);
  all.tell<crash_now>(1);
  REQUIRE(all.log->started.size() == 3);
  CHECK(all.log->started[2].key == 1);
  CHECK(all.log->started[2].restarts == 1);
  CHECK(all.log->latest(1) != first);
  CHECK(all.log->latest(2) == sibling);
  all.tell<greet>(1);
  all.tell<greet>(2);
  CHECK(*all.greeted == 2);
  CHECK(all.log->gave_up.empty());
  CHECK(all.fixture.alive() == 4);
}

TEST_CASE("a supervisor gives up at the crash beyond its bound and ends the other children") {
  supervised all;
  all.add(1);
  all.add(2);
  for (std::uint32_t crash = 1; crash <= supervised::limit.restarts_max; ++crash) {
    all.tell<crash_now>(1);
    CHECK(all.log->started.back().restarts == crash);
    CHECK(all.log->gave_up.empty());
  }
  all.tell<crash_now>(1);
  REQUIRE(all.log->gave_up.size() == 1);
  CHECK(all.log->gave_up[0] ==
        "worker/1 crashed once more after 3 restarts within 10000 ms: out of ideas");
  CHECK(all.fixture.alive() == 1); // the owner
}

TEST_CASE("the bound holds for the crashes of all children together") {
  supervised all;
  for (std::uint64_t key = 1; key <= 4; ++key)
    all.add(key);
  for (std::uint64_t key = 1; key <= 3; ++key)
    all.tell<crash_now>(key);
  CHECK(all.log->gave_up.empty());
  all.tell<crash_now>(4);
  CHECK(all.log->gave_up.size() == 1);
}

TEST_CASE("a bound of each child holds for its own crashes alone") {
  supervised all{{.limit = {3, std::chrono::milliseconds{10'000}, true}}};
  for (std::uint64_t key = 1; key <= 4; ++key)
    all.add(key);
  for (int crash = 1; crash <= 3; ++crash)
    for (std::uint64_t key = 1; key <= 4; ++key)
      all.tell<crash_now>(key);
  CHECK(all.log->gave_up.empty());
  all.tell<crash_now>(3);
  REQUIRE(all.log->gave_up.size() == 1);
  CHECK(all.log->gave_up[0] ==
        "worker/3 crashed once more after 3 restarts within 10000 ms: out of ideas");
  CHECK(all.fixture.alive() == 1);
}

TEST_CASE("crashes that lie further apart than the period are forgiven") {
  supervised all;
  all.add(1);
  for (int crash = 1; crash <= 12; ++crash) {
    all.tell<crash_now>(1);
    all.fixture.pass(std::chrono::milliseconds{3400});
  }
  CHECK(all.log->gave_up.empty());
  CHECK(all.log->started.back().restarts == 12);
  // The same number of crashes, slightly faster, is too much.
  for (int crash = 1; crash <= 4; ++crash) {
    all.tell<crash_now>(1);
    all.fixture.pass(std::chrono::milliseconds{3300});
  }
  CHECK(all.log->gave_up.size() == 1);
}

TEST_CASE("a temporary child is not restarted, and its crash is its own affair") {
  supervised all;
  all.add(1);
  all.add(2, restart_policy::temporary);
  all.tell<crash_now>(2);
  CHECK(all.log->gave_up.empty());
  CHECK(all.log->started.size() == 2);
  CHECK(all.fixture.alive() == 3);
  CHECK(!all.report(2).is_running);
  CHECK(all.report(2).last_reason == "out of ideas");
}

TEST_CASE("the crash of a child that escalates makes the supervisor give up") {
  supervised all;
  all.add(1);
  all.add(2, restart_policy::permanent, true);
  all.tell<crash_now>(2);
  REQUIRE(all.log->gave_up.size() == 1);
  CHECK(all.log->gave_up[0] == "worker/2 crashed: out of ideas");
  CHECK(all.log->started.size() == 2);
  CHECK(all.fixture.alive() == 1);
}

TEST_CASE("a transient child that ends in order is neither restarted nor counted") {
  supervised all;
  all.add(1, restart_policy::transient);
  all.add(2, restart_policy::transient);
  all.tell<end_orderly>(1);
  CHECK(all.log->started.size() == 2);
  CHECK(all.log->gave_up.empty());
  CHECK(all.fixture.alive() == 3);
  all.tell<crash_now>(2);
  CHECK(all.log->started.size() == 3);
  CHECK(all.report(2).restarts == 1);
}

TEST_CASE("a permanent child that ends in order is restarted, and counted") {
  supervised all;
  all.add(1);
  for (std::uint32_t end = 1; end <= supervised::limit.restarts_max; ++end) {
    all.tell<end_orderly>(1);
    CHECK(all.log->started.back().restarts == end);
  }
  CHECK(all.report(1).last_reason == "it ended");
  all.tell<end_orderly>(1);
  CHECK(all.log->gave_up.size() == 1);
}

TEST_CASE("a child that crashes while it starts uses up the bound and no more") {
  actor_system_fixture fixture;
  auto log = std::make_shared<owner_log>();
  auto handle = fixture.spawn(supervisor, fixture.spawn(owner_recorder, log),
                              supervisor_options{.limit = supervised::limit});
  auto stillborn = [](caf::event_based_actor* self) -> caf::behavior {
    set_fault_handlers(self);
    throw std::runtime_error{"no file"};
  };
  caf::anon_send(handle, child_spec{7, "stillborn", restart_policy::permanent,
                                    [stillborn](caf::event_based_actor* parent) {
                                      return parent->spawn(stillborn);
                                    }});
  fixture.run();
  CHECK(log->started.size() == 1 + supervised::limit.restarts_max);
  REQUIRE(log->gave_up.size() == 1);
  CHECK(log->gave_up[0].ends_with("no file"));
}

TEST_CASE("the children of a supervisor end with it") {
  for (bool killed : {false, true}) {
    CAPTURE(killed);
    supervised all;
    for (std::uint64_t key = 1; key <= 5; ++key)
      all.add(key);
    CHECK(all.fixture.alive() == 7);
    caf::anon_send_exit(all.handle,
                        killed ? caf::exit_reason::kill : caf::exit_reason::user_shutdown);
    all.fixture.run();
    CHECK(all.fixture.alive() == 1);
  }
}

} // namespace tickmesh::supervisor_test
