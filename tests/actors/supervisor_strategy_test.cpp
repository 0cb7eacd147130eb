// Who is restarted with whom, in which order children start and stop, and how long restarts wait.
#include "tests/support/supervisor_bench.hpp"

namespace tickmesh::supervisor_strategy_test {

using namespace supervisor_bench;

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

} // namespace tickmesh::supervisor_strategy_test
