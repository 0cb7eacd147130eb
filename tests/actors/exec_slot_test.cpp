// An execution slot alone, fed by slots that the test plays: orders, fills and positions depend on
// what comes, not on when.
#include "tests/support/exec_bench.hpp"

namespace tickmesh::exec_slot_test {

using namespace exec_benches;

TEST_CASE("an exec slot's orders, fills and positions do not depend on arrival or slicing") {
  auto& totals = expected_trades().totals;
  REQUIRE(exec_signals().size() >= 100);
  REQUIRE(totals.fills >= 30);
  REQUIRE(totals.by_verdict[static_cast<std::size_t>(verdict::approved)] >= 50);
  REQUIRE(totals.by_verdict[static_cast<std::size_t>(verdict::position_limit_exceeded)] >= 5);
  REQUIRE(totals.entered[static_cast<std::size_t>(order_status::canceled)] >= 5);
  REQUIRE(totals.entered[static_cast<std::size_t>(order_status::in_doubt)] >= 1);
  for_each_seed(120, [](std::uint64_t seed) {
    exec_bench bench{seed};
    bench.feed_all();
    bench.check_everything_came();
  });
}

TEST_CASE("an exec slot waits for every link, and says for which") {
  exec_bench bench{4};
  slot_name missing{role::calc, 1};
  bench.fixture.freeze(bench.feeders[missing]);
  bench.feed_all();
  CHECK(bench.files->rows["orders"].empty());
  CHECK(bench.events->finished.empty());
  for (auto name : upstream)
    if (!bench.acks[name]->empty()) // frames without items may be done with
      CHECK(bench.acks[name]->back().number < bench.frames[name].size() / 4);
  bench.fixture.thaw(bench.feeders[missing]);
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("an exec slot drops repeated frames and those of an older epoch, and counts them") {
  exec_bench bench{6};
  std::size_t refused = 0;
  for (auto name : upstream) {
    std::vector<link_frame> doubled;
    for (auto& frame : bench.frames[name]) {
      auto older = frame;
      older.epoch = small_market_epoch.value - 1;
      for (auto& copy : {older, frame, frame})
        doubled.push_back(copy);
      refused += 2;
    }
    caf::anon_send(bench.feeders[name], send_frames{bench.slot, doubled});
  }
  bench.fixture.run();
  bench.check_everything_came();
  REQUIRE(refused >= 100);
  CHECK(bench.events->finished[0].counts.at("frames_refused") == refused);
}

TEST_CASE("frames behind a gap in a link are refused, and its sender is asked to greet again") {
  for (auto name : upstream) {
    exec_bench bench{1};
    auto& frames = bench.frames[name];
    REQUIRE(frames.size() > 3);
    frames.erase(frames.begin() + 1);
    auto gaps = std::make_shared<std::size_t>(0);
    auto sender = bench.fixture.spawn([&, gaps](caf::event_based_actor* self) -> caf::behavior {
      for (auto& frame : frames)
        self->send(bench.slot, frame);
      return {[gaps](const link_gap&) { ++*gaps; }, [](const link_ack&) {}};
    });
    bench.fixture.run();
    CHECK(bench.events->failures.empty());
    CHECK(*gaps == 1);
  }
}

TEST_CASE("an exec slot answers for its counters while it waits, with the totals of its orders") {
  exec_bench bench{2};
  bench.feed(upstream[0]);
  bench.fixture.run();
  bench.fixture.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    self->request(bench.slot, std::chrono::seconds{30}, counters_query{})
        .then([self, events = bench.events](const slot_counters& counters) {
          events->counters.push_back(counters);
          self->quit();
        });
    return {[](acknowledge_all) {}};
  });
  bench.fixture.run();
  REQUIRE(bench.events->counters.size() == 1);
  CHECK(bench.events->counters[0].counts.at(marks_in_count) == part_of(exec_market(), 0, 2).size());
  CHECK(!bench.events->counters[0].execution_totals.empty());
}

} // namespace tickmesh::exec_slot_test
