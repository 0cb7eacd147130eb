// Whether the process itself stood still.
#include "actors/control/cluster/pause_detector.hpp"

#include <doctest/doctest.h>

namespace tickmesh::pause_detector_test {
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("time that a process did not run counts up to the limit, and is told for a while") {
  pause_detector pauses{seconds{2}, seconds{10}};
  CHECK(pauses.advance(milliseconds{10'500}) == milliseconds{500});
  CHECK_FALSE(pauses.recent());
  CHECK(pauses.advance(milliseconds{12'500}) == seconds{2});
  CHECK_FALSE(pauses.recent()); // just the limit
  CHECK(pauses.advance(milliseconds{20'500}) == seconds{2});
  CHECK(pauses.recent() == seconds{8});
  CHECK(pauses.advance(seconds{22}) == milliseconds{1'500});
  CHECK(pauses.recent() == seconds{8});
  for (int i = 1; i <= 6; ++i)
    pauses.advance(seconds{22} + i * milliseconds{500});
  CHECK_FALSE(pauses.recent()); // long ago
}

TEST_CASE("a clock that goes back stands still") {
  pause_detector pauses{seconds{2}, seconds{10}};
  CHECK(pauses.advance(seconds{5}) == seconds{0});
  CHECK(pauses.advance(seconds{11}) == seconds{1});
  CHECK_FALSE(pauses.recent());
}

} // namespace tickmesh::pause_detector_test
