// Which records are accepted, by whose acknowledgements.
#include "runtime/log/log_quorum.hpp"

#include <doctest/doctest.h>

namespace tickmesh::log_quorum_test {

using quorum = log_quorum<std::uint64_t>;

TEST_CASE("a record is accepted when every replica that is required has it") {
  quorum both{quorum_rule::everyone, 4};
  both.require("b");
  both.logged(9);
  CHECK(both.accepted() == 0);
  both.acknowledged("b", 7);
  CHECK(both.accepted() == 7);
  both.acknowledged("stranger", 99);
  both.acknowledged("b", 5); // late
  CHECK(both.accepted() == 7);
  both.release("b");
  CHECK(both.accepted() == 9);
  both.require("c"); // joins later: what has been accepted stays accepted
  CHECK(both.accepted() == 9);
  both.logged(12);
  both.acknowledged("c", 20);
  CHECK(both.accepted() == 12);
  quorum alone{quorum_rule::own_log, 0};
  alone.require("b");
  alone.logged(3);
  CHECK(alone.accepted() == 3);
}

} // namespace tickmesh::log_quorum_test
