// The supervisor: restarts what crashes, tells its owner, gives up in time, leaves nobody behind.
#include "runtime/actors/supervisor.hpp"

#include "tests/support/actor_system_fixture.hpp"

namespace tickmesh::supervisor_test {

namespace {

struct crash_now {};
struct end_orderly {};
struct greet {};

/// What a supervisor has told its owner.
struct owner_log {
  std::vector<child_started> started;
  std::vector<std::string> gave_up;

  caf::actor latest(std::uint64_t key) const {
    for (auto i = started.rbegin(); i != started.rend(); ++i)
      if (i->key == key) return i->handle;
    return {};
  }
};

} // namespace

} // namespace tickmesh::supervisor_test

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_test::crash_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_test::end_orderly)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_test::greet)

namespace tickmesh::supervisor_test {

namespace {

caf::behavior owner_recorder(caf::event_based_actor*, std::shared_ptr<owner_log> log) {
  return {
      [log](const child_started& started) { log->started.push_back(started); },
      [log](const supervisor_gave_up& gave_up) { log->gave_up.push_back(gave_up.reason); },
  };
}

caf::behavior worker(caf::event_based_actor* self, std::shared_ptr<int> greeted) {
  set_fault_handlers(self);
  return {
      [](crash_now) { throw std::runtime_error{"out of ideas"}; },
      [self](end_orderly) { self->quit(); },
      [greeted](greet) { ++*greeted; },
  };
}

/// A supervisor with its owner, on a system of its own.
struct supervised {
  actor_system_fixture fixture;
  std::shared_ptr<owner_log> log = std::make_shared<owner_log>();
  std::shared_ptr<int> greeted = std::make_shared<int>(0);
  caf::actor owner = fixture.spawn(owner_recorder, log);
  caf::actor handle = fixture.spawn(supervisor, owner, limit);

  static constexpr restart_limit limit{3, std::chrono::milliseconds{10'000}};

  void add(std::uint64_t key, restart_policy policy = restart_policy::permanent) {
    child_spec spec{
        key, "worker/" + std::to_string(key), policy,
        [count = greeted](caf::event_based_actor* parent) { return parent->spawn(worker, count); }};
    caf::anon_send(handle, spec);
    fixture.run();
  }

  template <class Message>
  void tell(std::uint64_t key) {
    caf::anon_send(log->latest(key), Message{});
    fixture.run();
  }
};

} // namespace

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

TEST_CASE("a temporary child is not restarted: its crash makes the supervisor give up") {
  supervised all;
  all.add(1);
  all.add(2, restart_policy::temporary);
  all.tell<crash_now>(2);
  REQUIRE(all.log->gave_up.size() == 1);
  CHECK(all.log->gave_up[0] == "worker/2 crashed: out of ideas");
  CHECK(all.log->started.size() == 2);
  CHECK(all.fixture.alive() == 1);
}

TEST_CASE("a child that ends in order is neither restarted nor counted") {
  supervised all;
  all.add(1);
  all.add(2);
  all.tell<end_orderly>(1);
  CHECK(all.log->started.size() == 2);
  CHECK(all.log->gave_up.empty());
  CHECK(all.fixture.alive() == 3);
}

TEST_CASE("a child that crashes while it starts uses up the bound and no more") {
  actor_system_fixture fixture;
  auto log = std::make_shared<owner_log>();
  auto handle = fixture.spawn(supervisor, fixture.spawn(owner_recorder, log), supervised::limit);
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
