// A data slot whose streams and feed crash: it sends what it would have sent, or fails in time.
#include "tests/support/data_bench.hpp"

#include <random>
#include <set>
#include <utility>

namespace tickmesh::data_slot_crashes_test {

using namespace data_bench_parts;

namespace {

/// At these calls.
std::function<void()> throw_at_calls(std::set<std::uint64_t> at) {
  return [at = std::move(at), calls = std::make_shared<std::uint64_t>(0)] {
    if (at.contains(++*calls)) throw std::runtime_error{"bad feed"};
  };
}

std::function<void(const tick&)> throw_once(std::uint64_t at) {
  return [at, calls = std::make_shared<std::uint64_t>(0)](const tick&) {
    if (++*calls == at) throw std::runtime_error{"bad tick"};
  };
}

} // namespace

TEST_CASE("a symbol stream that crashes once, at whichever record, changes no tick") {
  int crashes = 0;
  for (std::uint64_t at = 1; at <= record_count; at += 61)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(at);
      CAPTURE(seed);
      data_bench bench{seed * 10'000 + at, {.probe = throw_once(at)}};
      bench.start();
      bench.check_everything_came();
      ++crashes;
    }
  CHECK(crashes >= 70);
}

TEST_CASE("a feed handler that crashes, at whichever of its messages, changes no tick") {
  for (std::uint64_t at = 1; at <= 601; at += 12)
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(at);
      CAPTURE(seed);
      data_bench bench{seed * 10'000 + at, {.feed_probe = throw_at_calls({at})}};
      bench.start();
      bench.check_everything_came();
    }
}

TEST_CASE("feed handler and symbol streams that crash time and again change no tick") {
  for_each_seed(60, [](std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::set<std::uint64_t> at;
    while (at.size() < 2)
      at.insert(1 + random() % 300);
    data_bench bench{
        seed, {.probe = throw_once(1 + random() % record_count), .feed_probe = throw_at_calls(at)}};
    bench.start();
    bench.fixture.pass(std::chrono::seconds{2}); // restarts wait
    bench.check_everything_came();
  });
}

TEST_CASE("a feed handler that crashes once it was told to stop ends the stream all the same") {
  for_each_seed(40, [](std::uint64_t seed) {
    auto is_told = std::make_shared<bool>(false);
    auto probe = [is_told] {
      if (std::exchange(*is_told, false)) throw std::runtime_error{"bad feed"};
    };
    data_bench bench{seed, {.feed_probe = probe, .acknowledges = false}};
    bench.start();
    *is_told = true;
    caf::anon_send(bench.slot, stop_feeds{});
    for (auto& [name, sink] : bench.sinks)
      caf::anon_send(sink, acknowledge_all{});
    bench.fixture.pass(std::chrono::seconds{1});
    CHECK(!*is_told); // it crashed
    CHECK(bench.events->failures.empty());
    REQUIRE(bench.events->finished.size() == 1);
    CHECK(bench.events->finished[0].counts.at(ticks_in_count) < record_count);
  });
}

TEST_CASE("a feed handler that always crashes fails the data slot within the bound") {
  auto calls = std::make_shared<int>(0);
  data_bench bench{1, {.feed_probe = [calls] {
                     if (++*calls > 100) throw std::runtime_error{"poison"};
                   }}};
  bench.start();
  bench.fixture.pass(std::chrono::seconds{1});
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0] ==
        "feed_handler crashed once more after 3 restarts within 10000 ms: poison");
  CHECK(*calls == 104);
}

TEST_CASE("a record that always crashes its symbol stream fails the data slot within the bound") {
  auto thrown = std::make_shared<int>(0);
  data_bench bench{1, {.probe = [thrown](const tick& t) {
                     if (t.symbol.value != 3 || t.position.value < 400) return;
                     ++*thrown;
                     throw std::runtime_error{"poison"};
                   }}};
  bench.start();
  bench.fixture.pass(std::chrono::seconds{1}); // restarts wait
  REQUIRE(bench.events->failures.size() == 1);
  CHECK(bench.events->failures[0] ==
        "symbol_stream/sym3 crashed once more after 3 restarts within 10000 ms: poison");
  CHECK(*thrown == 4);
  CHECK(bench.events->finished.empty());
  // What was sent before is whole: no frame lacks the crashed stream's part.
  auto sent = ticks_in(bench.frames(exec0));
  for (auto& [symbol, ticks] : sent) {
    auto& all = expected().ticks.at(symbol);
    REQUIRE(ticks.size() <= all.size());
    CHECK(std::equal(ticks.begin(), ticks.end(), all.begin()));
  }
}

} // namespace tickmesh::data_slot_crashes_test
