// How a host stops.
#include "actors/control/host/host_stop.hpp"

#include <doctest/doctest.h>

namespace tickmesh::host_stop_test {

namespace {

using ended = host_stop<int>::ended;

ended remove(host_stop<int>& stop, int handle) {
  return stop.remove([handle](int other) { return other == handle; });
}

} // namespace

TEST_CASE("what has started ends in reverse order, one after the other") {
  host_stop<int> stop;
  CHECK(stop.next() == nullptr);
  for (int handle : {1, 2, 3})
    stop.started(handle);
  CHECK(remove(stop, 4) == ended::stranger);
  CHECK(stop.begin({0, "asked for"}));
  CHECK_FALSE(stop.begin({1, "again"}));
  CHECK(stop.is_stopping());
  CHECK(stop.outcome().reason == "asked for");
  CHECK(*stop.next() == 3);
  CHECK(remove(stop, 1) == ended::early);
  CHECK(*stop.next() == 3);
  CHECK(remove(stop, 3) == ended::awaited);
  CHECK(*stop.next() == 2);
  CHECK(remove(stop, 2) == ended::awaited);
  CHECK(stop.next() == nullptr);
  CHECK(stop.end());
  CHECK_FALSE(stop.end());
}

TEST_CASE("before the stop nothing that ends was awaited") {
  host_stop<int> stop;
  stop.started(1);
  CHECK_FALSE(stop.is_stopping());
  CHECK(remove(stop, 1) == ended::early);
  CHECK(stop.next() == nullptr);
}

TEST_CASE("the outcome is the first fault") {
  host_stop<int> stop;
  stop.begin({0, "asked for"});
  stop.fail("too long");
  stop.fail("the disk is full");
  CHECK(stop.outcome().exit_code == 1);
  CHECK(stop.outcome().reason == "too long");
  host_stop<int> failed;
  failed.begin({1, "lost"});
  failed.fail("too long");
  CHECK(failed.outcome().reason == "lost");
}

} // namespace tickmesh::host_stop_test
