// A data slot alone: a source in memory above it, receivers that the test plays below it.
#include "tests/support/data_bench.hpp"

namespace tickmesh::data_slot_test {

using namespace data_bench_parts;

TEST_CASE("a data slot sends every accepted tick once, in order, whatever the interleaving") {
  REQUIRE(expected().accepted >= 1000);
  REQUIRE(expected().rejected >= 20);
  std::map<slot_name, std::string> first;
  for_each_seed(100, [&](std::uint64_t seed) {
    data_bench bench{seed};
    bench.start();
    bench.check_everything_came();
    for (auto& [to, received] : bench.received) {
      REQUIRE(received->frames.size() >= 20);
      // Time stands still, so that even the moments in the runs are equal.
      auto runs = bench.runs(to);
      CHECK(first.try_emplace(to, runs).first->second == runs);
    }
  });
}

TEST_CASE("a data slot sends nothing before the feeds start") {
  data_bench bench{1};
  bench.fixture.pass(std::chrono::seconds{5});
  for (auto& [to, received] : bench.received)
    CHECK(received->frames.empty());
  bench.start();
  bench.check_everything_came();
}

TEST_CASE("a data slot stops when a link is out of credit, and goes on when it has some again") {
  for_each_seed(20, [](std::uint64_t seed) {
    data_bench bench{seed, {.acknowledges = false}};
    bench.start();
    auto& exec = *bench.received.at(exec0);
    CHECK(exec.items() >= window_items);
    CHECK(exec.items() <= in_flight_items_max);
    // The other links have credit, but rounds belong to all links.
    for (auto name : {calc0, calc1})
      caf::anon_send(bench.sinks[name], acknowledge_all{});
    bench.fixture.pass(std::chrono::seconds{1});
    CHECK(exec.items() <= in_flight_items_max);
    std::uint64_t released = 0;
    for (int turn = 0; turn < 6; ++turn) {
      auto frames = exec.frames.size();
      caf::anon_send(bench.sinks[exec0], acknowledge_through{exec.frames.back().number});
      released = exec.items();
      bench.fixture.run();
      CHECK(exec.frames.size() > frames);
      CHECK(exec.items() - released <= in_flight_items_max);
    }
    CHECK(bench.events->finished.empty());
    caf::anon_send(bench.sinks[exec0], acknowledge_all{});
    bench.fixture.run();
    bench.check_everything_came();
  });
}

TEST_CASE("a data slot has finished only when every frame is acknowledged") {
  data_bench bench{1, {.window = 100'000, .acknowledges = false}};
  bench.start();
  CHECK(bench.received.at(exec0)->items() == expected().accepted);
  for (auto name : {calc0, exec0})
    caf::anon_send(bench.sinks[name], acknowledge_all{});
  caf::anon_send(bench.sinks[calc1], acknowledge_through{bench.frames(calc1).back().number - 1});
  bench.fixture.run();
  CHECK(bench.events->finished.empty());
  caf::anon_send(bench.sinks[calc1], acknowledge_all{});
  bench.fixture.run();
  bench.check_everything_came();
}

TEST_CASE("stopping the feeds ends every link in order behind a prefix of the ticks") {
  for_each_seed(20, [](std::uint64_t seed) {
    data_bench bench{seed, {.acknowledges = false}};
    bench.start();
    caf::anon_send(bench.slot, stop_feeds{});
    for (auto& [name, sink] : bench.sinks)
      caf::anon_send(sink, acknowledge_all{});
    bench.fixture.run();
    CHECK(bench.events->failures.empty());
    REQUIRE(bench.events->finished.size() == 1);
    auto sent = ticks_in(bench.frames(exec0));
    std::uint64_t count = 0;
    for (auto& [symbol, ticks] : sent) {
      auto& all = expected().ticks.at(symbol);
      REQUIRE(ticks.size() <= all.size());
      CHECK(std::equal(ticks.begin(), ticks.end(), all.begin()));
      count += ticks.size();
    }
    CHECK(count >= window_items);
    CHECK(count < expected().accepted / 2);
    for (auto& [name, received] : bench.received) {
      auto last = decode_tick_frame(received->frames.back().payload);
      REQUIRE(last.has_value());
      CHECK(last->final);
    }
  });
}

TEST_CASE("two data slots share the symbols: together they send each tick once") {
  std::map<symbol_id, std::vector<tick>> all;
  for (auto own : {data0, data1}) {
    data_bench bench{9, {.own = own, .data_slots = {data0, data1}}};
    bench.start();
    REQUIRE(bench.events->finished.size() == 1);
    auto sent = ticks_in(bench.frames(exec0));
    CHECK(sent.size() >= 2);
    all.merge(sent);
    CHECK(sent.empty());
    CHECK(check_promises(bench.frames(exec0)) >= 10);
  }
  CHECK(all == expected().ticks);
}

TEST_CASE("a link window smaller than the ticks between two time marks fails the data slot") {
  data_bench bench{1, {.window = 3, .acknowledges = false}};
  bench.start();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].find("raise host.link_window_items (3)") != std::string::npos);
}

TEST_CASE("an acknowledgement of a frame that was never sent fails the data slot") {
  data_bench bench{1, {.acknowledges = false}};
  bench.start();
  caf::anon_send(bench.sinks[calc1], acknowledge_through{100'000});
  bench.fixture.run();
  REQUIRE(!bench.events->failures.empty());
  CHECK(bench.events->failures[0].starts_with("frame 100000 is acknowledged"));
}

TEST_CASE(
    "a symbol that goes mute in mid-stream is counted as silent, and one that does not isn't") {
  auto records = make_small_market(symbol_count, record_count, 5);
  std::erase_if(records, [](const tick& t) {
    return (t.symbol.value == 3 && t.position.value > 300) ||
           (t.symbol.value == 5 && t.position.value > 300 && t.position.value < 1'000);
  });
  auto cut_off = std::make_shared<const memory_source>(small_market_symbols(symbol_count), records);
  for_each_seed(20, [&](std::uint64_t seed) {
    data_bench bench{seed, {.silence_alarm = std::chrono::milliseconds{400}, .feed = cut_off}};
    bench.start();
    REQUIRE(bench.events->finished.size() == 1);
    auto& counts = bench.events->finished[0].counts;
    CHECK(counts.at(silence_alarms_count) == 2);
    CHECK(counts.at(symbols_silent_count) == 2); // of one second into the stream
  });
  data_bench quiet{1, {.silence_alarm = std::chrono::milliseconds{400}}};
  quiet.start();
  CHECK(quiet.events->finished.at(0).counts.at(silence_alarms_count) == 0);
  data_bench off{1, {.feed = cut_off}};
  off.start();
  CHECK_FALSE(off.events->finished.at(0).counts.contains(silence_alarms_count));
}

TEST_CASE("a source's own counts are in the slot's counts, when asked and at the end") {
  auto gapped = std::make_shared<memory_source>(small_market_symbols(symbol_count),
                                                make_small_market(symbol_count, record_count, 5));
  gapped->counts = {{"gaps", 2}, {"lost_positions", 17}};
  data_bench bench{1, {.feed = gapped}};
  auto ask = [&] {
    bench.fixture.spawn([&](caf::event_based_actor* self) {
      self->request(bench.slot, caf::infinite, counters_query{})
          .then([events = bench.events](const slot_counters& counters) {
            events->counters.push_back(counters);
          });
    });
    bench.fixture.run();
  };
  ask();
  ask();
  REQUIRE(bench.events->counters.size() == 2);
  CHECK(bench.events->counters[1].counts.at("source/gaps") == 2);
  gapped->counts["gaps"] = 3;
  bench.start();
  REQUIRE(bench.events->finished.size() == 1);
  CHECK(bench.events->finished[0].counts.at("source/gaps") == 3);
  CHECK(bench.events->finished[0].counts.at("source/lost_positions") == 17);
}

} // namespace tickmesh::data_slot_test
