// The time by which others are judged.
#include "runtime/actors/awake_clock.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace tickmesh::awake_clock_test {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST_CASE("a clock that is read often shows what has passed since its first reading") {
  awake_clock clock{milliseconds{100}};
  CHECK(clock.read(hours{5}) == nanoseconds{0}); // any fixed point
  CHECK(clock.read(hours{5} + milliseconds{60}) == milliseconds{60});
  CHECK(clock.read(hours{5} + milliseconds{60}) == milliseconds{60});
  CHECK(clock.read(hours{5} + milliseconds{160}) == milliseconds{160}); // just the gap allowed
}

TEST_CASE("a longer gap, in which this process stood still, counts as no more than that") {
  awake_clock clock{milliseconds{100}};
  clock.read(milliseconds{1000});
  CHECK(clock.read(milliseconds{1101}) == milliseconds{100});
  CHECK(clock.read(milliseconds{1101} + hours{24}) == milliseconds{200});
  CHECK(clock.read(milliseconds{1151} + hours{24}) == milliseconds{250});
}

TEST_CASE("a time that goes back stands still until it has come as far again") {
  awake_clock clock{milliseconds{100}};
  clock.read(milliseconds{1000});
  CHECK(clock.read(milliseconds{1050}) == milliseconds{50});
  CHECK(clock.read(milliseconds{400}) == milliseconds{50});
  CHECK(clock.read(milliseconds{480}) == milliseconds{50});
  CHECK(clock.read(milliseconds{1050}) == milliseconds{50});
  CHECK(clock.read(milliseconds{1070}) == milliseconds{70});
}

TEST_CASE("times before the fixed point are as good as any") {
  awake_clock clock{milliseconds{100}};
  CHECK(clock.read(milliseconds{-1000}) == nanoseconds{0});
  CHECK(clock.read(milliseconds{-950}) == milliseconds{50});
  CHECK(clock.read(milliseconds{-2000}) == milliseconds{50});
  CHECK(clock.read(milliseconds{20}) == milliseconds{150});
}

TEST_CASE("a clock that may have no gaps does not move") {
  awake_clock clock{nanoseconds{0}};
  for (int ms = 0; ms < 100; ++ms)
    CHECK(clock.read(milliseconds{ms}) == nanoseconds{0});
}

} // namespace tickmesh::awake_clock_test
