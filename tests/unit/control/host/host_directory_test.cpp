// Where other hosts are.
#include "actors/control/host/host_directory.hpp"

#include <doctest/doctest.h>

namespace tickmesh::host_directory_test {

TEST_CASE("an agent is known by where its host listens, until it is forgotten") {
  host_directory<std::string> directory;
  endpoint here{"127.0.0.1", 1}, there{"127.0.0.1", 2};
  slot_name data0{role::data, 0}, calc0{role::calc, 0};
  directory.take_addresses({{data0, here}, {calc0, there}});
  CHECK(directory.address_of(calc0) == there);
  CHECK(directory.find(here) == nullptr);
  directory.remember(here, "first");
  directory.remember(there, "other");
  CHECK(*directory.find(here) == "first");
  directory.remember(here, "second");
  directory.forget(here, "first"); // another one has been reached since
  CHECK(*directory.find(here) == "second");
  directory.forget(here, "second");
  CHECK(directory.find(here) == nullptr);
  directory.forget(here);
  CHECK(*directory.find(there) == "other");
  directory.forget(there);
  CHECK(directory.find(there) == nullptr);
}

} // namespace tickmesh::host_directory_test
