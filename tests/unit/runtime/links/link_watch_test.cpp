// When a link that makes no progress is noticed.
#include "runtime/links/link_watch.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace tickmesh::link_watch_test {

using std::chrono::milliseconds;

namespace {

constexpr nanoseconds patience = milliseconds{1000};

/// The moments in ms, up to `end`, at which a link without progress is to be looked for, when asked
/// every `step`.
std::vector<int> tries(link_watch& watch, int begin, int end, int step) {
  std::vector<int> out;
  for (int ms = begin; ms <= end; ms += step)
    if (watch.is_due(0, false, milliseconds{ms})) out.push_back(ms);
  return out;
}

} // namespace

TEST_CASE("a receiver is looked for when its silence exceeds the patience, and not before") {
  link_watch watch{patience};
  CHECK_FALSE(watch.suspect_silence(milliseconds{50'000})); // nobody has asked yet
  CHECK_FALSE(watch.is_due(0, false, milliseconds{5000}));  // from here on it counts
  CHECK_FALSE(watch.is_due(0, false, milliseconds{6000}));  // just the patience
  CHECK_FALSE(watch.suspect_silence(milliseconds{6000}));
  CHECK(watch.is_due(0, false, milliseconds{6001}));
  CHECK(watch.suspect_silence(milliseconds{6001}) == milliseconds{1001});
}

TEST_CASE("it is looked for after twice as long each time, up to eight times the patience") {
  link_watch watch{patience};
  CHECK(tries(watch, 0, 60'000, 1) ==
        std::vector{1001, 3002, 7003, 15'004, 23'005, 31'006, 39'007, 47'008, 55'009});
  CHECK(watch.suspect_silence(milliseconds{60'000}) == milliseconds{60'000});
}

TEST_CASE("a watch that is asked rarely tries no more often than once each time") {
  link_watch watch{patience};
  CHECK_FALSE(watch.is_due(0, false, milliseconds{0}));
  CHECK(watch.is_due(0, false, milliseconds{100'000}));
  CHECK_FALSE(watch.is_due(0, false, milliseconds{100'000}));
  CHECK_FALSE(watch.is_due(0, false, milliseconds{102'000}));
  CHECK(watch.is_due(0, false, milliseconds{102'001}));
}

TEST_CASE("a word of the receiver begins the patience anew, and the waits with it") {
  link_watch watch{patience};
  CHECK(tries(watch, 0, 8000, 1).size() == 3);
  CHECK_FALSE(watch.is_due(1, false, milliseconds{8001}));
  CHECK_FALSE(watch.suspect_silence(milliseconds{8001}));
  CHECK_FALSE(watch.is_due(1, false, milliseconds{9001}));
  CHECK(watch.is_due(1, false, milliseconds{9002}));
  CHECK_FALSE(watch.is_due(1, false, milliseconds{11'002}));
  CHECK(watch.is_due(1, false, milliseconds{11'003}));
  CHECK(watch.suspect_silence(milliseconds{11'003}) == milliseconds{3002});
}

TEST_CASE("nothing is awaited of a link that is idle, however long that takes") {
  link_watch watch{patience};
  for (int ms = 0; ms <= 100'000; ms += 500) {
    CHECK_FALSE(watch.is_due(0, true, milliseconds{ms}));
    CHECK_FALSE(watch.suspect_silence(milliseconds{ms}));
  }
  CHECK_FALSE(watch.is_due(0, false, milliseconds{101'000})); // silent since it was idle last
  CHECK(watch.is_due(0, false, milliseconds{101'001}));
  CHECK_FALSE(watch.is_due(0, true, milliseconds{101'500}));
  CHECK_FALSE(watch.suspect_silence(milliseconds{101'500}));
}

TEST_CASE("each link has a watch of its own, and its own patience") {
  link_watch slow{milliseconds{4000}}, fast{milliseconds{50}};
  CHECK(tries(slow, 0, 15'000, 500) == std::vector{4500, 13'000});
  CHECK(tries(fast, 0, 1000, 25) == std::vector{75, 200, 425, 850});
}

} // namespace tickmesh::link_watch_test
