// A reader that goes on where another one was: nothing twice, nothing left out.
#include "tests/support/listed_source.hpp"

#include <doctest/doctest.h>

#include <map>

namespace tickmesh::feed_reader_restart_test {

using namespace listed_market;

TEST_CASE("a reader that goes on behind another one gives what that one would have given") {
  auto events = make_events(5, 300);
  auto source = make_source(events);
  std::vector<bool> own{true, false, true};
  for (std::size_t before = 0; before <= 12; ++before) {
    CAPTURE(before);
    std::map<std::uint32_t, std::vector<std::uint64_t>> all, found;
    feed_reader whole{source, own, 0, 16};
    while (auto round = read_round(whole, wall))
      for (std::uint32_t symbol = 0; symbol < 3; ++symbol)
        for (auto position : positions(*round, symbol))
          all[symbol].push_back(position);
    feed_reader first{source, own, 0, 16};
    read_before read;
    timestamp mark{};
    auto take = [&](const feed_round& round) {
      CHECK(round.time_mark >= mark);
      mark = round.time_mark;
      for (std::uint32_t symbol = 0; symbol < 3; ++symbol)
        for (auto position : positions(round, symbol))
          found[symbol].push_back(position);
    };
    for (std::size_t i = 0; i < before; ++i) {
      auto round = read_round(first, wall);
      REQUIRE(round);
      take(*round);
      read.records += round->records;
      read.time_mark = round->time_mark;
      if (i + 2 >= before) read.open_rounds.push_back(round->records);
    }
    read.first_open_round = 1 + before - read.open_rounds.size();
    feed_reader second{source, own, 0, 16, {}, read};
    if (before >= 2) {
      auto again = second.reread(symbol_id{0}, read.first_open_round);
      auto expected = first.reread(symbol_id{0}, read.first_open_round);
      REQUIRE(again.size() == expected.size());
      for (auto& [number, ticks] : expected)
        CHECK(positions(again.at(number)) == positions(ticks));
    }
    bool ended = false;
    while (auto round = read_round(second, wall)) {
      take(*round);
      ended = round->end;
    }
    CHECK(ended);
    CHECK(found == all);
  }
}

TEST_CASE("a reader that goes on behind the end has nothing to give") {
  auto source = make_source(make_events(5, 20));
  feed_reader reader{source, {true, true, true}, 0, 16, {}, {.records = 20, .ended = true}};
  CHECK(reader.ended());
  CHECK(!read_round(reader, wall));
}

} // namespace tickmesh::feed_reader_restart_test
