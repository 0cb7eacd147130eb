// What a live source may forget.
#include "actors/market/slot/source_release.hpp"

#include <doctest/doctest.h>

namespace tickmesh::source_release_test {

TEST_CASE("a source may forget what accepted records were read from, and hears of it once") {
  source_release release;
  auto at = [](std::uint64_t position) {
    return source_positions{{source_id{0}, source_position{position}}};
  };
  CHECK(release.take(record_number{5}).empty());
  release.logged(record_number{6}, at(60));
  release.logged(record_number{7}, at(70));
  release.logged(record_number{8}, at(80));
  CHECK(release.take(record_number{5}).empty());
  CHECK(release.take(record_number{7}) == at(70));
  CHECK(release.take(record_number{7}).empty());
  CHECK(release.take(record_number{9}) == at(80));
  CHECK(release.take(record_number{9}).empty());
  CHECK(release.accepted() == at(80));
  CHECK(source_release{at(50)}.accepted() == at(50));
}

} // namespace tickmesh::source_release_test
