#include "messages/slot.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_test {

TEST_CASE("a slot's name is read as it is written, and nothing else is one") {
  for (slot_name slot : {slot_name{role::data, 0}, {role::calc, 7}, {role::exec, 65'535}})
    CHECK(parse_slot(format_slot(slot)) == slot);
  for (auto* text : {"", "data", "data/", "/0", "data/x", "data/-1", "data/1x", "data/65536",
                     "Data/0", "calcs/0", "calc/ 1", "calc/0/1"})
    CHECK_MESSAGE(!parse_slot(text), text);
}

} // namespace tickmesh::slot_test
