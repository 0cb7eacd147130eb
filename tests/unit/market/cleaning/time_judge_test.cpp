// Stamps that are ahead of their neighbours: what is doubted, what is believed, and what moves.
#include "actors/market/cleaning/time_judge.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tickmesh::time_judge_test {

namespace {

constexpr std::int64_t second = 1'000'000'000;

tick stamped(double s) {
  tick t;
  t.event_time = from_ns(static_cast<std::int64_t>(s * static_cast<double>(second)));
  t.position = source_position{static_cast<std::uint64_t>(s)};
  return t;
}

/// What leaves, in s; a time jump with a `!`.
std::string show(const tick& t) {
  return (t.is_time_jump ? "!" : "") + std::to_string(to_ns(t.event_time) / second);
}

struct stream {
  void push(double s, bool is_trusted = false) {
    judge.push(stamped(s), is_trusted);
    tick t;
    while (judge.pop(t))
      left += (left.empty() ? "" : " ") + show(t);
  }
  void settle(timestamp latest = end_of_time) {
    tick t;
    while (judge.pop_settled(t, latest))
      left += (left.empty() ? "" : " ") + show(t);
  }
  std::int64_t time() const { return to_ns(judge.source_time()) / second; }

  time_judge judge{{.max = nanoseconds{second}, .confirm_count = 3}};
  std::string left;
};

} // namespace

TEST_CASE("one stamp ahead of all others is a time jump, and moves nothing") {
  stream s;
  for (double t : {1, 2, 3, 4, 54, 5, 6, 7})
    s.push(t);
  CHECK(s.left == "1 2 3 4 !54 5 6 7");
  CHECK(s.time() == 7);
}

TEST_CASE("a pause of the market loses nothing: three stamps that agree are believed") {
  stream s;
  for (double t : {1, 2, 3})
    s.push(t);
  s.push(100);
  s.push(101);
  CHECK(s.left == "1 2 3"); // in doubt: they are held, and not passed on
  CHECK(s.judge.held() == 2);
  s.push(101.5);
  CHECK(s.left == "1 2 3 100 101 101");
  CHECK(s.time() == 101);
}

TEST_CASE("stragglers behind a pause cost no record that is right") {
  stream s;
  for (double t : {1.0, 1.5, 2.0})
    s.push(t);
  for (double t : {100.0, 2.5, 100.5, 101.0})
    s.push(t);
  CHECK(s.left == "1 1 2 100 2 100 101");
  CHECK(s.time() == 101);
}

TEST_CASE("the first record of all may be the wrong one") {
  stream s;
  for (double t : {86'400, 1, 2, 3})
    s.push(t);
  CHECK(s.left == "!86400 1 2 3");
  CHECK(s.time() == 3);
}

TEST_CASE("two wrong stamps in a row are not enough to be believed") {
  stream s;
  for (double t : {1, 2, 3, 60, 61, 4, 5, 6})
    s.push(t);
  CHECK(s.left == "1 2 3 !60 !61 4 5 6");
}

TEST_CASE("a stamp behind its neighbours is not doubted here: it is late by the time mark") {
  stream s;
  for (double t : {10, 11, 12, 1, 13})
    s.push(t);
  CHECK(s.left == "10 11 12 1 13");
  CHECK(s.time() == 13);
}

TEST_CASE("a stamp that the wall clock confirms is believed at once") {
  stream s;
  s.push(1, true);
  s.push(100, true);
  CHECK(s.left == "1 100");
  CHECK(s.time() == 100);
}

TEST_CASE(
    "what nobody contradicts passes when nothing more comes, and moves time when others follow") {
  stream s;
  for (double t : {1, 2, 3})
    s.push(t);
  s.push(100);
  s.settle();
  CHECK(s.left == "1 2 3 100");
  CHECK(s.time() == 3);
  s.push(200); // sparse: each record is alone
  s.settle();
  CHECK(s.time() == 3);
  s.push(300);
  CHECK(s.left == "1 2 3 100 200 300"); // the third that is up there
  CHECK(s.time() == 300);
}

TEST_CASE("what passed in doubt is forgotten when time goes on behind it") {
  stream s;
  for (double t : {1, 2, 3})
    s.push(t);
  s.push(100);
  s.settle();
  s.push(4);
  s.push(100);
  s.push(5);
  s.push(6);
  CHECK(s.left == "1 2 3 100 4 !100 5 6");
  CHECK(s.time() == 6);
}

TEST_CASE("a stamp beyond what can be true does not pass in doubt") {
  stream s;
  for (double t : {1, 2, 3})
    s.push(t);
  s.push(100);
  s.settle(from_ns(50 * second));
  CHECK(s.left == "1 2 3 !100");
}

TEST_CASE("records leave once, in the order in which they came, whatever their stamps") {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    time_judge judge{{.max = nanoseconds{second}, .confirm_count = 1 + seed % 4}};
    std::uint64_t left = 0;
    timestamp before{};
    auto take = [&](bool settles) {
      tick t;
      while (settles ? judge.pop_settled(t) : judge.pop(t)) {
        CHECK(t.position == source_position{++left});
        CHECK(judge.source_time() >= before);
        before = judge.source_time();
      }
    };
    std::int64_t now = 1'000;
    for (std::uint64_t i = 1; i <= 200; ++i) {
      now += static_cast<std::int64_t>(random() % 3);
      auto t = stamped(static_cast<double>(random() % 10 == 0 ? random() % 5'000 : now));
      t.position = source_position{i};
      judge.push(t);
      take(random() % 20 == 0);
      CHECK(judge.held() <= 8);
    }
    take(true);
    CHECK(left == 200);
  }
}

} // namespace tickmesh::time_judge_test
