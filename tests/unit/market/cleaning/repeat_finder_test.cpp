// Records that come again, and equal ones that do not.
#include "actors/market/cleaning/repeat_finder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace tickmesh::repeat_finder_test {

namespace {

tick quote(std::int64_t at, std::int64_t bid, std::uint16_t source = 0) {
  tick t;
  t.kind = record_kind::quote;
  t.event_time = from_ns(at);
  t.bid = price{bid};
  t.ask = price{bid + 1};
  t.source = source_id{source};
  return t;
}

tick trade(std::uint64_t id, std::int64_t at, std::int32_t day = 20240102) {
  tick t = quote(at, 7);
  t.kind = record_kind::trade;
  t.record_id = id;
  t.trading_day = day;
  return t;
}

struct stream {
  bool take(const tick& t) {
    bool repeats = finder.is_repeat(t);
    finder.note(t, repeats);
    return repeats;
  }
  repeat_finder finder{16};
};

} // namespace

TEST_CASE("records of a second file that overlaps are repeats, whichever way they are merged") {
  std::vector<tick> first, second;
  for (std::int64_t at : {1, 2, 3, 4}) {
    first.push_back(quote(at, 10 + at, 0));
    if (at > 2) second.push_back(quote(at, 10 + at, 1));
  }
  SUBCASE("one beside the other") {
    stream s;
    int repeats = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      repeats += s.take(first[i]) ? 1 : 0;
      if (i >= 2) repeats += s.take(second[i - 2]) ? 1 : 0;
    }
    CHECK(repeats == 2);
  }
  SUBCASE("one behind the other") {
    stream s;
    for (auto& t : first)
      CHECK(!s.take(t));
    for (auto& t : second)
      CHECK(s.take(t));
  }
}

TEST_CASE("a quote that returns to where it was in one moment is news") {
  stream s;
  for (auto bid : {10, 11, 10, 11, 10})
    CHECK(!s.take(quote(5, bid)));
  CHECK(s.take(quote(5, 10))); // it follows its equal directly
  SUBCASE("and each is found once in another file") {
    for (auto bid : {10, 11, 10, 11, 10})
      CHECK(s.take(quote(5, bid, 1)));
  }
}

TEST_CASE("what another file has more of is news") {
  stream s;
  CHECK(!s.take(quote(5, 10, 0)));
  CHECK(s.take(quote(5, 10, 1)));
  CHECK(!s.take(quote(5, 11, 1)));
  CHECK(!s.take(quote(5, 10, 1)));
}

TEST_CASE("a record that a reconnect brings once more is a repeat, behind later ones, too") {
  stream s;
  for (std::int64_t at : {1, 2, 3})
    CHECK(!s.take(quote(at, 10)));
  for (std::int64_t at : {1, 2, 3})
    CHECK(s.take(quote(at, 10)));
  CHECK(!s.take(quote(4, 10)));
  CHECK(!s.take(quote(2, 12))); // late, but new
}

TEST_CASE("an id comes once a trading day, whatever else is said") {
  stream s;
  CHECK(!s.take(trade(100, 1)));
  CHECK(!s.take(trade(102, 2)));
  CHECK(!s.take(trade(101, 2))); // ids need not rise
  CHECK(s.take(trade(100, 9)));
  CHECK(!s.take(trade(100, 10, 20240103))); // numbered anew each day
  CHECK(s.take(trade(100, 11, 20240103)));
  CHECK(!s.take(trade(103, 3)));
}

TEST_CASE("what lies beyond the horizon is forgotten") {
  stream s;
  for (std::int64_t at = 1; at <= 17; ++at)
    CHECK(!s.take(quote(at, 10)));
  CHECK(!s.finder.is_repeat(quote(1, 10)));
  CHECK(s.finder.is_repeat(quote(2, 10)));
  repeat_finder none{0};
  none.note(quote(1, 10), false);
  CHECK(!none.is_repeat(quote(1, 10)));
}

TEST_CASE("every field that a source tells makes another record") {
  tick t = quote(5, 10);
  t.last = price{3};
  std::vector<tick> others(11, t);
  others[0].last += price{1};
  others[1].volume += quantity{1};
  others[2].cumulative_volume += quantity{1};
  others[3].turnover += money{1};
  others[4].open_interest += quantity{1};
  others[5].bid += price{1};
  others[6].bid_volume += quantity{1};
  others[7].ask += price{1};
  others[8].ask_volume += quantity{1};
  others[9].aggressor = side::sell;
  others[10].trading_day += 1;
  for (auto& other : others) {
    stream s;
    CHECK(!s.take(t));
    CHECK(!s.take(other));
  }
  stream s;
  CHECK(!s.take(t));
  tick elsewhere = t;
  elsewhere.position = source_position{9};
  elsewhere.source_mark = from_ns(4);
  CHECK(s.take(elsewhere));
}

} // namespace tickmesh::repeat_finder_test
