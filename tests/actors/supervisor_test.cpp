// The supervisor: restarts what crashes, tells its owner, gives up in time, leaves nobody behind.
#include "runtime/actors/supervisor.hpp"

#include "tests/support/actor_system_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh::supervisor_test {

namespace {

struct crash_now {};
struct end_orderly {};
struct greet {};
struct report_now {};

/// What a supervisor has told its owner.
struct owner_log {
  std::vector<child_started> started;
  std::vector<std::string> gave_up;
  supervised_children children; ///< as it has last reported
  std::string events;           ///< `+1 +2 -2`: starts and ends of children

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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::supervisor_test::report_now)

namespace tickmesh::supervisor_test {

namespace {

caf::behavior owner_recorder(caf::event_based_actor* self, std::shared_ptr<owner_log> log) {
  return {
      [self](report_now, const caf::actor& supervised) {
        self->send(supervised, children_query{});
      },
      [log](const supervised_children& told) { log->children = told; },
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

/// Writes down when it starts and ends; one that `hangs` is deaf to being asked to.
caf::behavior traced_worker(caf::event_based_actor* self, std::shared_ptr<owner_log> log,
                            std::uint64_t key, bool hangs) {
  set_fault_handlers(self);
  log->events += fmt::format(" +{}", key);
  self->attach_functor([log, key](const caf::error&) { log->events += fmt::format(" -{}", key); });
  if (hangs) self->set_exit_handler([](const caf::exit_msg&) {});
  return {
      [](crash_now) { throw std::runtime_error{"out of ideas"}; },
      [self](end_orderly) { self->quit(); },
  };
}

/// A supervisor with its owner, on a system of its own.
struct supervised {
  explicit supervised(supervisor_options given = {.limit = limit}) : options(given) {}

  static constexpr restart_limit limit{3, std::chrono::milliseconds{10'000}};

  actor_system_fixture fixture;
  supervisor_options options;
  std::shared_ptr<owner_log> log = std::make_shared<owner_log>();
  std::shared_ptr<int> greeted = std::make_shared<int>(0);
  caf::actor owner = fixture.spawn(owner_recorder, log);
  caf::actor handle = fixture.spawn(supervisor, owner, options);

  void add(std::uint64_t key, restart_policy policy = restart_policy::permanent,
           bool escalates = false) {
    child_spec spec{
        key, "worker/" + std::to_string(key), policy,
        [count = greeted](caf::event_based_actor* parent) { return parent->spawn(worker, count); }};
    spec.escalates = escalates;
    caf::anon_send(handle, spec);
    fixture.run();
  }

  void add_traced(std::uint64_t key, restart_policy policy = restart_policy::permanent,
                  bool hangs = false) {
    child_spec spec{key, "worker/" + std::to_string(key), policy,
                    [to = log, key, hangs](caf::event_based_actor* parent) {
                      return parent->spawn(traced_worker, to, key, hangs);
                    }};
    caf::anon_send(handle, spec);
    fixture.run();
  }

  template <class Message>
  void tell(std::uint64_t key) {
    caf::anon_send(log->latest(key), Message{});
    fixture.run();
  }

  /// What has happened since the last call.
  std::string events() { return std::exchange(log->events, {}); }

  const child_report& report(std::uint64_t key) {
    caf::anon_send(owner, report_now{}, handle);
    fixture.run();
    auto& all = log->children.children;
    auto found = std::ranges::find(all, key, &child_report::key);
    REQUIRE(found != all.end());
    return *found;
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

namespace {

supervisor_options of_strategy(restart_strategy strategy) {
  return {.limit = supervised::limit, .strategy = strategy};
}

} // namespace

TEST_CASE("one_for_one restarts the child that crashed, and no other") {
  supervised all{of_strategy(restart_strategy::one_for_one)};
  for (std::uint64_t key = 1; key <= 3; ++key)
    all.add_traced(key);
  CHECK(all.events() == " +1 +2 +3");
  all.tell<crash_now>(2);
  CHECK(all.events() == " -2 +2");
}

TEST_CASE("one_for_all stops the others in reverse order and starts all in order") {
  supervised all{of_strategy(restart_strategy::one_for_all)};
  for (std::uint64_t key = 1; key <= 4; ++key)
    all.add_traced(key);
  all.events();
  all.tell<crash_now>(2);
  CHECK(all.events() == " -2 -4 -3 -1 +1 +2 +3 +4");
  CHECK(all.report(2).last_reason == "out of ideas");
  CHECK(all.report(1).last_reason == "with worker/2");
  for (std::uint64_t key = 1; key <= 4; ++key)
    CHECK(all.report(key).restarts == 1);
  CHECK(all.log->children.strategy == restart_strategy::one_for_all);
}

TEST_CASE("rest_for_one leaves alone what was started before the child that crashed") {
  supervised all{of_strategy(restart_strategy::rest_for_one)};
  for (std::uint64_t key = 1; key <= 4; ++key)
    all.add_traced(key);
  all.events();
  all.tell<crash_now>(2);
  CHECK(all.events() == " -2 -4 -3 +2 +3 +4");
  CHECK(all.report(1).restarts == 0);
  CHECK(all.report(4).last_reason == "with worker/2");
  all.tell<crash_now>(4);
  CHECK(all.events() == " -4 +4");
}

TEST_CASE("a group that is restarted counts once, and takes no temporary child along") {
  supervised all{of_strategy(restart_strategy::one_for_all)};
  all.add_traced(1);
  all.add_traced(2, restart_policy::temporary);
  all.add_traced(3, restart_policy::transient);
  all.events();
  all.tell<crash_now>(1);
  CHECK(all.events() == " -1 -3 -2 +1 +3");
  all.tell<crash_now>(3);
  CHECK(all.events() == " -3 -1 +1 +3");
  all.tell<crash_now>(1);
  CHECK(all.log->gave_up.empty());
  all.tell<crash_now>(3);
  REQUIRE(all.log->gave_up.size() == 1);
  CHECK(all.log->gave_up[0].starts_with("worker/3 crashed once more after 3 restarts"));
  CHECK(all.fixture.alive() == 1);
}

TEST_CASE("children are stopped in reverse order, however the supervisor ends") {
  for (bool gives_up : {false, true}) {
    CAPTURE(gives_up);
    supervised all{{.limit = {0, std::chrono::milliseconds{10'000}}}};
    for (std::uint64_t key = 1; key <= 4; ++key)
      all.add_traced(key);
    all.events();
    if (gives_up) {
      all.tell<crash_now>(3);
      CHECK(all.events() == " -3 -4 -2 -1");
    } else {
      caf::anon_send_exit(all.handle, caf::exit_reason::user_shutdown);
      all.fixture.run();
      CHECK(all.events() == " -4 -3 -2 -1");
    }
    CHECK(all.fixture.alive() == 1);
  }
}

TEST_CASE("a child that does not end in time is killed, and holds nobody up any longer") {
  supervised all{of_strategy(restart_strategy::one_for_all)};
  all.add_traced(1);
  all.add_traced(2, restart_policy::permanent, true);
  all.events();
  all.tell<crash_now>(1);
  CHECK(all.events() == " -1");
  all.fixture.pass(child_spec{}.shutdown - std::chrono::milliseconds{10});
  CHECK(all.events().empty());
  all.fixture.pass(std::chrono::milliseconds{20});
  auto seen = all.events();
  CHECK(seen.find("-2") < seen.size());
  CHECK(seen.find("+1 ") < seen.find("+2"));
  CHECK(all.fixture.alive() == 4);
  CHECK(all.log->gave_up.empty());
  caf::anon_send_exit(all.handle, caf::exit_reason::user_shutdown);
  all.fixture.pass(child_spec{}.shutdown + std::chrono::milliseconds{20});
  CHECK(all.fixture.alive() == 1);
}

TEST_CASE("a child that is added while its group is restarted starts behind the group") {
  supervised all{{.limit = supervised::limit,
                  .strategy = restart_strategy::one_for_all,
                  .backoff = {std::chrono::milliseconds{100}}}};
  all.add_traced(1);
  all.tell<crash_now>(1);
  all.tell<crash_now>(1);
  CHECK(all.events() == " +1 -1 +1 -1");
  all.add_traced(2);
  CHECK(all.events().empty());
  all.fixture.pass(std::chrono::milliseconds{150});
  CHECK(all.events() == " +1 +2");
  CHECK(all.log->started.back().restarts == 0);
}

TEST_CASE("while a group waits, the crash of an earlier child widens it") {
  supervised all{{.limit = supervised::limit,
                  .strategy = restart_strategy::rest_for_one,
                  .backoff = {std::chrono::milliseconds{100}}}};
  for (std::uint64_t key = 1; key <= 3; ++key)
    all.add_traced(key);
  all.tell<crash_now>(2);
  all.events();
  all.tell<crash_now>(2);
  CHECK(all.events() == " -2 -3");
  all.tell<crash_now>(1);
  CHECK(all.events() == " -1");
  all.fixture.pass(std::chrono::milliseconds{300});
  CHECK(all.events() == " +1 +2 +3");
  CHECK(all.report(2).restarts == 2);
  CHECK(all.report(1).restarts == 1);
}

TEST_CASE("the first restart waits for nothing, each further one longer, and by the seed") {
  using std::chrono::milliseconds;
  constexpr milliseconds first{100};
  std::vector<std::vector<std::chrono::nanoseconds>> drawn;
  for (std::uint64_t seed : {1, 1, 2}) {
    supervised all{{.limit = {8, milliseconds{60'000}}, .backoff = {first}, .seed = seed}};
    all.add(1);
    auto& waits = drawn.emplace_back();
    for (std::uint32_t crash = 1; crash <= 7; ++crash) {
      auto before = all.fixture.now();
      all.tell<crash_now>(1);
      auto is_back = [&] { return all.log->started.back().restarts == crash; };
      REQUIRE(all.fixture.run_until(is_back, std::chrono::seconds{5}));
      waits.push_back(all.fixture.now() - before);
    }
    CHECK(waits[0] == milliseconds{0});
    auto middle = first;
    for (std::size_t i = 1; i < waits.size(); ++i) {
      CAPTURE(i);
      CHECK(waits[i] >= middle / 2);
      CHECK(waits[i] <= middle * 3 / 2 + milliseconds{5}); // the step of virtual time
      if (i <= restart_backoff::doublings_max) middle *= 2;
    }
  }
  CHECK(drawn[0] == drawn[1]);
  CHECK(drawn[0] != drawn[2]);
}

TEST_CASE("a supervisor below another one names the child, and is started without children") {
  supervised all{of_strategy(restart_strategy::rest_for_one)};
  all.add_traced(1);
  auto below = [owner = all.owner](caf::event_based_actor* parent) {
    return parent->spawn(supervisor, owner,
                         supervisor_options{.limit = {0, std::chrono::milliseconds{10'000}}});
  };
  child_spec spec{2, "workers", restart_policy::permanent, below};
  spec.is_supervisor = true;
  caf::anon_send(all.handle, spec);
  all.fixture.run();
  auto crash_below = [&] {
    child_spec worker{7, "worker/7", restart_policy::temporary,
                      [to = all.log](caf::event_based_actor* parent) {
                        return parent->spawn(traced_worker, to, 7, false);
                      }};
    worker.escalates = true;
    caf::anon_send(all.log->latest(2), worker);
    all.fixture.run();
    all.tell<crash_now>(7);
  };
  all.events();
  crash_below();
  CHECK(all.events() == " +7 -7");
  CHECK(all.report(2).restarts == 1);
  CHECK(all.report(2).last_reason == "worker/7 crashed: out of ideas");
  for (std::uint32_t restart = 2; restart <= 4; ++restart)
    crash_below();
  CHECK(all.log->gave_up.back() ==
        "worker/7 crashed: out of ideas (once more after 3 restarts within 10000 ms)");
  CHECK(all.fixture.alive() == 1);
}

} // namespace tickmesh::supervisor_test
