// A source in rounds: their bounds, their pace, their end, and one symbol's records read again.
#include "tests/support/listed_source.hpp"

#include <doctest/doctest.h>

#include <map>

namespace tickmesh::feed_reader_test {

using namespace listed_market;

TEST_CASE("rounds hold at most their number of records, and then the end") {
  std::vector<event> events;
  for (std::uint64_t i = 1; i <= 25; ++i)
    events.emplace_back(record(0, milliseconds{i}, i));
  feed_reader reader{make_source(events), all, 0, 10};
  for (std::uint64_t round = 0; round < 2; ++round) {
    auto got = read_round(reader, wall);
    REQUIRE(got.has_value());
    CHECK(got->records == 10);
    CHECK_FALSE(got->end);
    CHECK(got->time_mark == timestamp{});
    CHECK(positions(*got, 0) == count_up(1 + 10 * round, 10));
  }
  auto last = read_round(reader, wall);
  REQUIRE(last.has_value());
  CHECK(last->records == 5);
  CHECK(last->end);
  CHECK(last->time_mark == end_of_time);
  CHECK(reader.ended());
  for (int i = 0; i < 3; ++i)
    CHECK_FALSE(read_round(reader, wall + i).has_value());
}

TEST_CASE("an empty source ends in its first round") {
  feed_reader reader{make_source({}), all, 0, 10};
  auto round = read_round(reader, wall);
  REQUIRE(round.has_value());
  CHECK(round->end);
  CHECK(round->records == 0);
  CHECK(round->time_mark == end_of_time);
}

TEST_CASE("records of other slots are left out, and marks are not") {
  feed_reader reader{
      make_source({record(0, seconds{1}, 1), record(1, seconds{2}, 2), opening + seconds{3},
                   record(2, seconds{4}, 3), record(1, seconds{5}, 4)}),
      {false, true, false},
      0,
      2};
  auto round = read_round(reader, wall);
  REQUIRE(round.has_value());
  CHECK(round->batches.size() == 1);
  CHECK(positions(*round, 1) == std::vector<std::uint64_t>{2, 4});
  CHECK(round->time_mark == opening + seconds{3});
}

TEST_CASE("a long stretch of other slots' records is cut, so that no call is long") {
  std::vector<event> events;
  for (std::uint64_t i = 1; i <= 1'000; ++i)
    events.emplace_back(record(2, milliseconds{i}, i));
  feed_reader reader{make_source(events), {true, true, false}, 0, 10};
  std::uint64_t rounds = 0;
  while (!reader.ended()) {
    auto round = read_round(reader, wall);
    REQUIRE(round.has_value());
    CHECK(round->records == 0);
    REQUIRE(++rounds < 1'000);
  }
  CHECK(rounds == 1'000 / 160 + 1);
}

TEST_CASE("at a speed, records fall due as their event time passes on the clock that is given") {
  for (double speed : {1.0, 2.0, 0.5}) {
    CAPTURE(speed);
    auto due = [&](int ms) { return wall + static_cast<std::int64_t>(ms * 1e6 / speed); };
    feed_reader reader{make_source({record(0, milliseconds{0}, 1), record(0, milliseconds{10}, 2),
                                    record(1, milliseconds{10}, 3), opening + milliseconds{15},
                                    record(0, milliseconds{30}, 4)}),
                       all, speed, 100};
    auto first = read_round(reader, wall); // starts the clock
    REQUIRE(first.has_value());
    CHECK(positions(*first, 0) == std::vector<std::uint64_t>{1});
    CHECK_FALSE(read_round(reader, wall).has_value());
    CHECK(reader.next_due_ns().value() == due(10));
    CHECK_FALSE(read_round(reader, due(10) - 1).has_value());
    auto second = read_round(reader, due(10));
    REQUIRE(second.has_value());
    CHECK(second->records == 2);
    CHECK(second->time_mark == opening + milliseconds{15}); // the source says so already
    CHECK_FALSE(read_round(reader, due(30) - 1).has_value());
    CHECK(reader.next_due_ns().value() == due(30));
    auto last = read_round(reader, due(30) + 12'345'678);
    REQUIRE(last.has_value());
    CHECK(positions(*last, 0) == std::vector<std::uint64_t>{4});
    CHECK(last->end);
  }
}

TEST_CASE("a mark that nothing follows yet makes a round of its own") {
  feed_reader reader{make_source({opening + seconds{1}, record(0, seconds{1}, 1),
                                  opening + seconds{5}, record(0, seconds{5}, 2)}),
                     all, 1, 1};
  auto first = read_round(reader, wall);
  REQUIRE(first.has_value());
  CHECK(first->records == 1);
  CHECK(first->time_mark == opening + seconds{1});
  auto mark = read_round(reader, wall + 1);
  REQUIRE(mark.has_value());
  CHECK(mark->records == 0);
  CHECK(mark->time_mark == opening + seconds{5});
  CHECK_FALSE(mark->end);
  CHECK_FALSE(read_round(reader, wall + 2).has_value());
}

TEST_CASE("records that fell behind the pace come at once, in rounds of their bound") {
  feed_reader reader{make_source(make_events(1, 100)), all, 1, 30};
  CHECK(read_round(reader, wall)->records == 1);
  auto late = wall + 60'000'000;
  CHECK(read_round(reader, late)->records == 30);
  CHECK(read_round(reader, late)->records == 30);
  CHECK_FALSE(read_round(reader, late).has_value()); // those of 0 to 60 ms are read
}

TEST_CASE("a stopped reader ends with the last mark and leaves the record that it held") {
  feed_reader reader{
      make_source({opening, record(0, milliseconds{0}, 1), record(0, seconds{1}, 2)}), all, 1, 10};
  REQUIRE(read_round(reader, wall)->records == 1);
  reader.stop();
  CHECK_FALSE(reader.ended());
  auto last = read_round(reader, wall + 5'000'000'000);
  REQUIRE(last.has_value());
  CHECK(last->end);
  CHECK(last->records == 0);
  CHECK(last->time_mark == opening); // not end_of_time: more would have followed
  CHECK(reader.ended());
  CHECK_FALSE(read_round(reader, wall + 6'000'000'000).has_value());
  CHECK(reader.reread(symbol_id{0}, 1).size() == 1);
}

TEST_CASE("a symbol read again comes as history before the open rounds and by round after it") {
  int compared = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::vector<bool> own{true, random.below(2) == 0, random.below(2) == 0};
    auto bound = static_cast<std::uint32_t>(1 + random.below(12));
    feed_reader reader{make_source(make_events(seed, 300)), own, 0, bound};
    std::vector<feed_round> rounds; // rounds[i] is number i + 1
    std::uint64_t oldest_open = 1;
    while (!reader.ended()) {
      auto round = read_round(reader, wall);
      REQUIRE(round.has_value());
      rounds.push_back(*round);
      if (random.below(3) == 0)
        oldest_open += static_cast<std::uint64_t>(
            random.below(static_cast<std::int64_t>(rounds.size() - oldest_open + 2)));
      if (random.below(3) == 0) reader.forget_rounds_before(oldest_open);
      if (random.below(5) != 0) continue;
      for (std::uint32_t symbol = 0; symbol < 3; ++symbol) {
        if (!own[symbol]) continue;
        std::map<std::uint64_t, std::vector<std::uint64_t>> expected, actual;
        for (std::size_t i = 0; i < rounds.size(); ++i) {
          auto read = positions(rounds[i], symbol);
          if (read.empty()) continue;
          auto& into = expected[i + 1 < oldest_open ? 0 : i + 1];
          into.insert(into.end(), read.begin(), read.end());
        }
        for (auto& [number, ticks] : reader.reread(symbol_id{symbol}, oldest_open))
          actual[number] = positions(ticks);
        CHECK((actual == expected));
        ++compared;
      }
    }
  }
  CHECK(compared >= 500);
}

TEST_CASE("a round holds records of one trading day") {
  auto on_day = [](std::int32_t day, std::uint64_t position) {
    auto t = record(0, milliseconds{static_cast<int>(position)}, position);
    t.trading_day = day;
    return t;
  };
  feed_reader reader{make_source({on_day(20240102, 1), on_day(20240102, 2), on_day(20240103, 3),
                                  on_day(20240102, 4)}),
                     all, 0, 10};
  std::vector<std::pair<std::int32_t, std::size_t>> rounds;
  while (auto round = read_round(reader, wall))
    rounds.emplace_back(round->trading_day, round->records);
  CHECK(rounds == std::vector<std::pair<std::int32_t, std::size_t>>{
                      {20240102, 2}, {20240103, 1}, {20240102, 1}});
}

TEST_CASE(
    "a round of marks, or of other slots' records, bears the day that the source has come to") {
  auto other = record(1, milliseconds{20}, 1);
  other.trading_day = 20240102;
  auto source = make_source({opening + milliseconds{10}, other});
  feed_reader reader{source, {true, false, false}, 0, 10};
  feed_round round;
  REQUIRE(reader.read_round(wall, round));
  CHECK(round.records == 0);
  CHECK(round.trading_day == 20240102);
}

TEST_CASE("what the log holds comes as history, at once, and then the rest at the pace") {
  for (std::uint64_t logged = 0; logged <= 60; logged += 7) {
    CAPTURE(logged);
    std::vector<bool> own{true, false, true};
    auto source = make_source(make_events(3, 100));
    feed_reader whole{source, own, 0, 1000};
    auto every = read_round(whole, wall);
    feed_reader reader{source, own, 1, 10, {logged, {}}};
    std::uint64_t history = 0, live = 0;
    std::map<std::uint32_t, std::vector<std::uint64_t>> read;
    for (auto now = wall; !reader.ended(); now += 1'000'000)
      while (auto round = read_round(reader, now)) {
        (round->history ? history : live) += round->records;
        if (round->history) CHECK(live == 0);
        if (round->history) CHECK(now == wall);
        for (std::uint32_t symbol : {0, 2})
          for (auto position : positions(*round, symbol))
            read[symbol].push_back(position);
      }
    CHECK(history == logged);
    CHECK(history + live == every->records);
    for (std::uint32_t symbol : {0, 2})
      CHECK(read[symbol] == positions(*every, symbol));
  }
}

TEST_CASE("the end is never part of a round that is history, for that leaves no record behind") {
  std::vector<bool> own{true, false, true};
  auto source = make_source(make_events(3, 100));
  feed_reader whole{source, own, 0, 1000};
  auto logged = read_round(whole, wall)->records;
  for (double speed : {0.0, 1.0}) {
    CAPTURE(speed);
    feed_reader reader{source, own, speed, 1000, {logged, {}}};
    auto history = read_round(reader, wall);
    REQUIRE(history);
    CHECK(history->history);
    CHECK(history->records == logged);
    CHECK_FALSE(history->end);
    std::optional<feed_round> last;
    auto late = wall + std::chrono::nanoseconds{std::chrono::hours{1}}.count();
    while (auto round = read_round(reader, late))
      last = std::move(round);
    REQUIRE(last);
    CHECK(last->end);
    CHECK_FALSE(last->history);
    CHECK(last->time_mark == end_of_time);
  }
}

TEST_CASE("the pace turns event time into wall time, also for times before the first") {
  feed_pace at_once{0};
  CHECK(at_once.due_ns(opening + seconds{100}, wall) == wall);
  CHECK(at_once.due_ns(opening, wall + 5) == wall + 5);
  feed_pace fast{100};
  CHECK(fast.due_ns(opening, wall) == wall);
  CHECK(fast.due_ns(opening + seconds{100}, wall + 9) == wall + 1'000'000'000);
  CHECK(fast.due_ns(opening - seconds{1}, wall + 9) == wall - 10'000'000);
}

} // namespace tickmesh::feed_reader_test
