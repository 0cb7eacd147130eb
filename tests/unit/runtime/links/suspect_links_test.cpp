// How links that make no progress are named.
#include "runtime/links/suspect_links.hpp"

#include <doctest/doctest.h>

namespace tickmesh::suspect_links_test {

using std::chrono::milliseconds;

namespace {

constexpr slot_name data_0{role::data, 0}, calc_1{role::calc, 1}, exec_0{role::exec, 0};

using counts = std::map<std::string, std::uint64_t>;
using lines = std::vector<std::string>;

/// A turn of the watch in which these have been silent for so many ms.
lines turn(suspect_links& links, const std::map<slot_name, int>& silent, counts& counted) {
  links.begin_turn();
  for (auto& [to, ms] : silent)
    links.tell(to, milliseconds{ms}, counted);
  return links.end_turn(counted);
}

} // namespace

TEST_CASE("a link that is suspect is counted as long as it is, and said once") {
  suspect_links links{data_0};
  counts counted{{"ticks_in", 3}};
  CHECK(turn(links, {}, counted).empty());
  CHECK(counted == counts{{"ticks_in", 3}});
  CHECK(turn(links, {{calc_1, 1500}}, counted) ==
        lines{"the link data/0->calc/1 makes no progress for 1500 ms: its receiver is looked for "
              "again"});
  CHECK(counted == counts{{"suspect_link/data/0->calc/1", 1500}, {"ticks_in", 3}});
  CHECK(turn(links, {{calc_1, 2000}}, counted).empty());
  CHECK(counted.at("suspect_link/data/0->calc/1") == 2000);
  CHECK(turn(links, {}, counted) == lines{"the link data/0->calc/1 is well again"});
  CHECK(counted == counts{{"ticks_in", 3}});
  CHECK(turn(links, {}, counted).empty());
}

TEST_CASE("a link that is suspect again is said again") {
  suspect_links links{data_0};
  counts counted;
  for (int i = 0; i < 3; ++i) {
    CHECK(turn(links, {{exec_0, 1001}}, counted).size() == 1);
    CHECK(turn(links, {}, counted).size() == 1);
    CHECK(counted.empty());
  }
}

TEST_CASE("links come and go each by itself") {
  suspect_links links{calc_1};
  counts counted;
  CHECK(turn(links, {{exec_0, 1001}}, counted).size() == 1);
  CHECK(turn(links, {{exec_0, 1501}, {data_0, 1200}}, counted) ==
        lines{"the link calc/1->data/0 makes no progress for 1200 ms: its receiver is looked for "
              "again"});
  CHECK(counted ==
        counts{{"suspect_link/calc/1->data/0", 1200}, {"suspect_link/calc/1->exec/0", 1501}});
  CHECK(turn(links, {{data_0, 1700}}, counted) == lines{"the link calc/1->exec/0 is well again"});
  CHECK(counted == counts{{"suspect_link/calc/1->data/0", 1700}});
}

TEST_CASE("a silence of less than a millisecond is there all the same") {
  suspect_links links{data_0};
  counts counted;
  CHECK(turn(links, {{exec_0, 0}}, counted).size() == 1);
  CHECK(counted == counts{{"suspect_link/data/0->exec/0", 0}});
}

} // namespace tickmesh::suspect_links_test
