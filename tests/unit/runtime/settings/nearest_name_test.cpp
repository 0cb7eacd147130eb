// What somebody who mistyped a name may have meant.
#include "runtime/settings/nearest_name.hpp"

#include <doctest/doctest.h>

namespace tickmesh::nearest_name_test {

TEST_CASE("a name within a third of its letters is suggested, else all are named") {
  std::vector<std::string> flags{"--speed", "--set", "--state-dir"};
  CHECK(suggest_name("--speeed", flags) == "did you mean --speed?");
  CHECK(suggest_name("--sate-dir", flags) == "did you mean --state-dir?");
  CHECK(suggest_name("--nonsense", flags) == "allowed: --speed, --set, --state-dir");
  CHECK(suggest_name("any", {}) == "none is known here");
}

TEST_CASE("the distance counts letters that are inserted, deleted and changed") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("halt", "halt") == 0);
}

} // namespace tickmesh::nearest_name_test
