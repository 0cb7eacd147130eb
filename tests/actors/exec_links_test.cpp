// The execution slot's ends of its links: hello and resume, acknowledgements; and its runs with the
// accept broker.
#include "tests/support/exec_bench.hpp"

namespace tickmesh::exec_links_test {

using namespace exec_benches;

TEST_CASE("a new owner of a slot says hello, is told where to go on, and shuts the old one out") {
  for_each_seed(20, [](std::uint64_t seed) {
    exec_bench bench{seed};
    for (auto name : upstream) {
      auto& frames = bench.frames[name];
      auto cut = 1 + bench.random() % (frames.size() - 1);
      std::vector<link_frame> before(frames.begin(),
                                     frames.begin() + static_cast<std::ptrdiff_t>(cut));
      std::vector<link_frame> after(frames.begin() + static_cast<std::ptrdiff_t>(cut),
                                    frames.end());
      auto first = bench.make_owner();
      bench.greet(first, name, small_market_epoch);
      REQUIRE(first.log->resumed.size() == 1);
      CHECK(first.log->resumed[0].number == 0);
      bench.send(first, before);
      auto second = bench.make_owner();
      epoch later{small_market_epoch.value + 1};
      bench.greet(second, name, later);
      REQUIRE(second.log->resumed.size() == 1);
      auto& resumed = second.log->resumed[0];
      CHECK(static_cast<role>(resumed.from_role) == role::exec);
      CHECK(resumed.epoch == later.value);
      CHECK(resumed.number == before.back().number);
      bench.send(first, {after.front()}); // deposed
      bench.greet(first, name, small_market_epoch);
      CHECK(first.log->resumed.size() == 1);
      for (auto& frame : after)
        frame.epoch = later.value;
      bench.send(second, after);
      REQUIRE(second.log->resumed.size() == 1);
    }
    bench.fixture.pass(std::chrono::milliseconds{10});
    CHECK(bench.events->failures.empty());
    REQUIRE(bench.events->finished.size() == 1);
    CHECK(bench.files->rows["orders"] == expected_trades().orders);
    CHECK(bench.files->rows["fills"] == expected_trades().fills);
    CHECK(bench.files->rows["positions"] == expected_trades().positions);
    auto& counts = bench.events->finished[0].counts;
    CHECK(counts.at("frames_refused") == upstream.size());
    CHECK(counts.at("hellos_refused") == upstream.size());
  });
}

TEST_CASE("frames of one epoch are taken from whoever said hello last") {
  exec_bench bench{3};
  auto name = upstream[0];
  auto& frames = bench.frames[name];
  auto first = bench.make_owner();
  auto again = bench.make_owner(); // the same owner after a break
  bench.greet(first, name, small_market_epoch);
  bench.send(first, {frames[0]});
  bench.greet(again, name, small_market_epoch);
  bench.send(first, {frames[1]});
  REQUIRE(again.log->resumed.size() == 1);
  CHECK(again.log->resumed[0].number == 1);
  bench.send(again, {frames.begin() + 1, frames.end()});
  CHECK(bench.events->failures.empty());
  for (auto other : {upstream[1], upstream[2], upstream[3]})
    bench.feed(other);
  bench.fixture.run();
  REQUIRE(bench.events->finished.size() == 1);
  CHECK(bench.events->finished[0].counts.at("frames_refused") == 1);
  CHECK(bench.files->rows["orders"] == expected_trades().orders);
}

TEST_CASE("acknowledgements wait for each other, but not for long") {
  exec_bench bench{5};
  auto name = upstream[0];
  auto owner = bench.make_owner();
  bench.greet(owner, name, small_market_epoch);
  std::vector<link_frame> marks_only;
  for (std::uint64_t number = 1; number <= 5; ++number) {
    std::string payload;
    append_tick_frame_end(payload, from_ns(static_cast<std::int64_t>(number)), false);
    marks_only.push_back(make_frame(name, number, 0, payload));
  }
  bench.send(owner, marks_only);
  CHECK(owner.log->acks.empty());
  bench.fixture.pass(ack_delay_max + std::chrono::milliseconds{3});
  REQUIRE(owner.log->acks.size() == 1);
  CHECK(owner.log->acks[0].number == 5);
  bench.fixture.pass(std::chrono::milliseconds{50});
  CHECK(owner.log->acks.size() == 1);
}

TEST_CASE("by arrival with the accept broker, an exec slot fills every approved order once") {
  for_each_seed(30, [](std::uint64_t seed) {
    auto given = exec_settings();
    given.broker = broker_kind::accept;
    given.sequencer = input_order::arrival;
    exec_bench bench{seed, nullptr, given};
    bench.feed(upstream[2]);
    bench.fixture.run(); // needs no promise of the others
    CHECK(bench.files->rows["orders"].empty());
    bench.fixture.pass(std::chrono::milliseconds{51}); // rows are gathered for 50 ms
    auto seen = bench.files->rows["orders"];
    CHECK(std::count(seen.begin(), seen.end(), '\n') ==
          static_cast<std::ptrdiff_t>(signals_of_part(0).size()));
    for (auto name : {upstream[0], upstream[1], upstream[3]})
      bench.feed(name);
    bench.fixture.run();
    CHECK(bench.events->failures.empty());
    REQUIRE(bench.events->finished.size() == 1);
    auto& report = bench.events->finished[0];
    auto approved = report.counts.at("orders/APPROVED");
    CHECK(approved >= 20);
    CHECK(report.counts.at("status/Filled") == approved);
    CHECK(report.counts.at(orders_sent_count) == approved);
    CHECK(report.counts.at(fills_count) == approved);
    std::uint64_t checked = 0;
    for (auto& [name, count] : report.counts) {
      if (name.starts_with("orders/")) checked += count;
      if (name.starts_with("anomaly/")) CHECK_MESSAGE(count == 0, name);
    }
    CHECK(checked == exec_signals().size());
    CHECK(report.counts.at(marks_in_count) == exec_market().size());
  });
}

TEST_CASE("how long an order took is measured from its tick and from its signal, in both orders") {
  for (auto order : {input_order::event_time, input_order::arrival}) {
    auto given = exec_settings();
    given.broker = broker_kind::accept;
    given.sequencer = order;
    exec_bench bench{1, nullptr, given};
    auto now = bench.fixture.now().count();
    for (auto name : {upstream[2], upstream[3]}) {
      auto timed = signals_of_part(name.index);
      for (auto& s : timed) {
        s.ingest_ns = now - 2000;
        s.sent_ns = now - 1000;
      }
      bench.frames[name] = slice_signals(name, timed, bench.random);
    }
    bench.feed_all();
    REQUIRE(bench.events->finished.size() == 1);
    auto& report = bench.events->finished[0];
    auto orders = report.counts.at(orders_sent_count);
    REQUIRE(orders >= 20);
    auto& from_tick = report.delays.at(tick_to_order_delay);
    auto& from_signal = report.delays.at(signal_to_order_delay);
    CHECK(from_tick.count() == orders);
    CHECK(from_tick.max_ns() == 2000);
    CHECK(from_signal.count() == orders);
    CHECK(from_signal.max_ns() == 1000);
    CHECK(report.delays.at(merge_wait_delay).count() == exec_signals().size());
  }
}

} // namespace tickmesh::exec_links_test
