// The actors below a data slot, as they start.
#include "actors/market/slot/slot_children.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_children_test {

TEST_CASE("streams are known by their symbols, and are all there when the feed runs") {
  using arrival = slot_children<int>::arrival;
  slot_children<int> children;
  children.expect_symbols(4);
  CHECK(children.feed() == 0);
  CHECK(children.take(3, 30, 0) == arrival::first);
  CHECK(children.take(1, 10, 0) == arrival::first);
  CHECK(children.feed() == 0);
  CHECK(children.take(feed_key, 99, 0) == arrival::all);
  CHECK(children.feed() == 99);
  CHECK(children.streams() == std::vector{0, 10, 0, 30});
  CHECK(children.take(3, 31, 1) == arrival::restarted);
  CHECK(children.streams() == std::vector{0, 10, 0, 31});
}

TEST_CASE("a stream that was restarted is to be rebuilt until the feed has done so for this one") {
  slot_children<int> children;
  children.expect_symbols(2);
  children.take(0, 10, 0);
  children.take(1, 20, 0);
  CHECK(children.to_rebuild().empty());
  children.take(1, 21, 1);
  children.take(1, 22, 2);
  CHECK(children.to_rebuild() == std::set<std::uint64_t>{1});
  children.rebuilt(1, 21);
  CHECK(children.to_rebuild().size() == 1);
  children.rebuilt(1, 22);
  CHECK(children.to_rebuild().empty());
}

} // namespace tickmesh::slot_children_test
