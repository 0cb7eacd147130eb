// The merge: its order, its promises, and what it drops.
#include "actors/execution/sequencer/event_merge.hpp"

#include "actors/execution/events/mark_decoder.hpp"
#include "messages/tick_codec.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tickmesh::event_merge_test {

namespace {

tick tick_of(std::uint32_t symbol, std::uint64_t number, std::int64_t ns) {
  tick t{.symbol = symbol_id{symbol}};
  t.number = sequence{number};
  t.effective_time = from_ns(ns);
  return t;
}

signal signal_of(std::uint32_t symbol, std::uint64_t last, std::int64_t ns,
                 std::uint16_t strategy = 0, std::int64_t window_end = 0) {
  return {.name = {.symbol = symbol_id{symbol},
                   .strategy = strategy_id{strategy},
                   .last_tick = sequence{last},
                   .window_end = from_ns(window_end)},
          .effective_time = from_ns(ns)};
}

/// `time m symbol number` or `time s symbol strategy tick window`.
std::string describe(const std::variant<market_mark, signal>& input) {
  if (auto* m = std::get_if<market_mark>(&input))
    return std::to_string(to_ns(m->effective_time)) + " m" + std::to_string(m->symbol.value) + " " +
           std::to_string(m->number.value);
  auto& s = std::get<signal>(input);
  return std::to_string(to_ns(s.effective_time)) + " s" + std::to_string(s.name.symbol.value) +
         " " + std::to_string(s.name.strategy.value) + " " +
         std::to_string(s.name.last_tick.value) + " " + std::to_string(to_ns(s.name.window_end));
}

std::vector<std::string> drain(event_merge& m) {
  std::vector<std::string> taken;
  while (m.next_time())
    taken.push_back(describe(m.take()));
  return taken;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("an input leaves only when every link promises that nothing as early follows") {
  event_merge m;
  auto a = m.add_link("data/0");
  auto b = m.add_link("data/1");
  m.push(a, tick_of(0, 1, 10));
  m.advance(a, from_ns(20));
  CHECK(!m.next_time());
  CHECK(m.waiting_for() == lines{"data/1"});
  m.advance(b, from_ns(10)); // something at 10 may still follow
  CHECK(!m.next_time());
  CHECK(m.is_complete_before(from_ns(10)));
  CHECK(!m.is_complete_through(from_ns(10)));
  m.push(b, tick_of(1, 1, 10));
  m.advance(b, from_ns(11));
  CHECK(m.held_back(a) == 1);
  CHECK(drain(m) == lines{"10 m0 1", "10 m1 1"});
  CHECK(m.held_back(a) == 0);
  CHECK(!m.finished());
  m.finish(a);
  CHECK(m.waiting_for() == lines{"data/1"});
  m.finish(b);
  CHECK(m.finished());
  CHECK(m.waiting_for().empty());
}

TEST_CASE("a link that has finished holds nothing back") {
  event_merge m;
  auto a = m.add_link("data/0");
  auto b = m.add_link("calc/0");
  m.push(a, tick_of(0, 1, 10));
  m.finish(a);
  m.push(b, signal_of(0, 1, 10));
  CHECK(!m.next_time());
  m.finish(b);
  CHECK(drain(m) == lines{"10 m0 1", "10 s0 0 1 0"});
}

TEST_CASE("inputs of one time come by kind, symbol, strategy, number and window") {
  event_merge m;
  auto a = m.add_link("all");
  m.push(a, signal_of(1, 5, 10, 0, 9));
  m.push(a, signal_of(1, 5, 10, 0, 8));
  m.push(a, signal_of(0, 7, 10, 1));
  m.push(a, signal_of(0, 9, 10, 0));
  m.push(a, tick_of(2, 1, 10));
  m.push(a, tick_of(0, 3, 10));
  m.push(a, tick_of(0, 2, 10));
  m.push(a, signal_of(9, 1, 9));
  m.finish(a);
  CHECK(drain(m) == lines{"9 s9 0 1 0", "10 m0 2", "10 m0 3", "10 m2 1", "10 s0 0 9 0",
                          "10 s0 1 7 0", "10 s1 0 5 8", "10 s1 0 5 9"});
}

TEST_CASE("what a link sends below its own promise is dropped and counted") {
  event_merge m;
  auto a = m.add_link("data/0");
  m.push(a, tick_of(0, 1, 10));
  m.advance(a, from_ns(20));
  m.advance(a, from_ns(15)); // ignored
  CHECK(drain(m).size() == 1);
  m.push(a, tick_of(0, 2, 19));
  m.push(a, tick_of(0, 1, 10));
  m.finish(a);
  CHECK(drain(m).empty());
  CHECK(m.counts().behind_mark == 1);
  CHECK(m.counts().duplicate_marks == 1);
}

TEST_CASE("a name that was released, or an older one, is dropped and counted") {
  event_merge m;
  auto a = m.add_link("calc/0");
  auto b = m.add_link("calc/1");
  m.push(a, signal_of(0, 5, 10));
  m.push(b, signal_of(0, 5, 10));
  m.push(b, signal_of(0, 4, 11));
  m.push(b, signal_of(0, 5, 12, 0, 12)); // a later window over the same ticks is new
  m.push(a, tick_of(0, 5, 10));
  m.push(b, tick_of(0, 5, 10));
  m.push(b, tick_of(0, 5, 13), epoch{2}); // a later data epoch is new
  m.push(a, tick_of(0, 6, 14));           // of the epoch before it
  m.finish(a);
  m.finish(b);
  CHECK(drain(m) == lines{"10 m0 5", "10 s0 0 5 0", "12 s0 0 5 12", "13 m0 5"});
  CHECK(m.counts().duplicate_signals == 2);
  CHECK(m.counts().duplicate_marks == 2);
  CHECK(m.finished());
}

TEST_CASE("the order does not depend on the links, their number or their interleaving") {
  lines expected;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    std::mt19937_64 same_inputs{42};
    std::size_t link_count = 1 + seed % 4;
    event_merge m;
    // Items of a link, in chunks of 10 ns that are shuffled over symbols but not within one.
    struct sent {
      std::variant<tick, signal> item;
      std::int64_t ns;
    };
    std::vector<std::vector<sent>> queues(link_count);
    for (std::size_t i = 0; i < link_count; ++i)
      m.add_link(std::to_string(i));
    std::vector<std::uint64_t> numbers(8);
    for (std::int64_t ns = 0; ns < 400; ++ns) {
      auto symbol = static_cast<std::uint32_t>(same_inputs() % 8);
      auto time = ns / 3; // several at a time
      auto number = ++numbers[symbol];
      auto link = symbol % link_count;
      queues[link].push_back({tick_of(symbol, number, time), time});
      if (same_inputs() % 3 == 0) queues[link].push_back({signal_of(symbol, number, time), time});
    }
    for (auto& q : queues)
      std::stable_sort(q.begin(), q.end(), [](const sent& x, const sent& y) {
        auto rank = [](const sent& s) {
          auto symbol = std::holds_alternative<tick>(s.item) ? std::get<tick>(s.item).symbol
                                                             : std::get<signal>(s.item).name.symbol;
          return std::pair{s.ns / 10, symbol.value * 7 % 8};
        };
        return rank(x) < rank(y);
      });
    lines taken;
    std::vector<std::size_t> next(link_count);
    std::vector<std::int64_t> promises(link_count, INT64_MIN);
    std::size_t open = link_count;
    while (open > 0) {
      auto i = random() % link_count;
      if (next[i] > queues[i].size()) continue;
      if (next[i] == queues[i].size()) {
        m.finish(i);
        promises[i] = INT64_MAX;
        --open;
      } else {
        auto& s = queues[i][next[i]];
        promises[i] = s.ns / 10 * 10;
        m.advance(i, from_ns(promises[i]));
        std::visit([&](auto& item) { m.push(i, item); }, s.item);
      }
      ++next[i];
      auto lowest = *std::min_element(promises.begin(), promises.end());
      if (random() % 4 != 0) continue;
      while (auto t = m.next_time()) {
        REQUIRE(to_ns(*t) < lowest);
        taken.push_back(describe(m.take()));
      }
    }
    for (auto& line : drain(m))
      taken.push_back(line);
    CHECK(m.finished());
    if (seed == 0) expected = taken;
    REQUIRE(taken == expected);
  }
  CHECK(expected.size() > 400);
}

TEST_CASE("marks that are read from a run's columns are those of its ticks") {
  std::mt19937_64 random{5};
  mark_decoder decoder;
  for (std::size_t count : {1U, 7U, 64U, 300U}) {
    std::vector<tick> ticks;
    std::uint64_t number = 10;
    for (std::size_t i = 0; i < count; ++i) {
      auto t = tick_of(3, number, static_cast<std::int64_t>(i * 1000));
      number += 1 + random() % 2 * (random() % 9); // some are left out
      t.event_time = t.effective_time - nanoseconds{random() % 500};
      t.kind = static_cast<record_kind>(random() % 3);
      t.trading_day = 20240101;
      t.last = random() % 9 == 0 ? no_price : price{static_cast<std::int64_t>(random() % 1000)};
      t.bid = price{static_cast<std::int64_t>(random() % 1000)};
      t.ask = price{static_cast<std::int64_t>(random() % 1000)};
      t.bid_volume = quantity{static_cast<std::int64_t>(random() % 1000)};
      t.ask_volume = quantity{static_cast<std::int64_t>(random() % 1000)};
      ticks.push_back(t);
    }
    std::string bytes;
    append_tick_run(bytes, ticks, epoch{4}, 0);
    tick_frame_view frame;
    REQUIRE(read_tick_frame(bytes, frame));
    auto marks = decoder.decode(frame.runs.at(0));
    REQUIRE(marks);
    REQUIRE(marks->size() == count);
    for (std::size_t i = 0; i < count; ++i)
      CHECK((*marks)[i] == make_market_mark(ticks[i], epoch{4}));
    auto cut = frame.runs.at(0);
    cut.columns.remove_suffix(cut.columns.size() / 2);
    CHECK_FALSE(decoder.decode(cut));
  }
}

TEST_CASE("a number that comes again at a later time contradicts what was taken") {
  event_merge m;
  auto a = m.add_link("data/0");
  m.note_taken(make_market_mark(tick_of(0, 9, 50), first_data_epoch)); // in an earlier life
  m.push(a, tick_of(0, 8, 40));
  m.push(a, tick_of(0, 9, 50));
  m.push(a, tick_of(0, 10, 60));
  m.advance(a, from_ns(100));
  CHECK(drain(m) == lines{"60 m0 10"});
  CHECK(!m.contradiction());
  SUBCASE("under the same data epoch") {
    m.push(a, tick_of(0, 3, 200));
    m.advance(a, from_ns(300));
    CHECK(drain(m).empty());
    REQUIRE(m.contradiction());
    CHECK(m.contradiction()->sent.number == sequence{3});
    CHECK(m.contradiction()->known == sequence{10});
    CHECK(m.contradiction()->known_time == from_ns(60));
  }
  SUBCASE("but not under a newer one") {
    m.push(a, tick_of(0, 3, 200), epoch{2});
    m.advance(a, from_ns(300));
    CHECK(drain(m) == lines{"200 m0 3"});
    CHECK(!m.contradiction());
  }
}

} // namespace tickmesh::event_merge_test
