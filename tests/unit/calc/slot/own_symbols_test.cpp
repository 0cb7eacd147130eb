// Which symbols a calculation slot owns, and who calculates them.
#include "actors/calc/slot/own_symbols.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tickmesh::own_symbols_test {

TEST_CASE("a slot is complete when each of its symbols has a calculator") {
  own_symbols<std::string> own{5};
  CHECK(own.all_seated()); // it owns none
  own.add(symbol_id{1});
  own.add(symbol_id{4});
  CHECK_FALSE(own.all_seated());
  own.seat(symbol_id{4}, "four", false);
  CHECK_FALSE(own.all_seated());
  own.seat(symbol_id{4}, "four again", true);
  CHECK_FALSE(own.all_seated());
  own.seat(symbol_id{1}, "one", false);
  CHECK(own.all_seated());
  CHECK(own.calculator_of(symbol_id{1}) == "one");
  CHECK(own.calculator_of(symbol_id{4}) == "four again");
}

TEST_CASE("symbols of other slots are none of its own") {
  own_symbols<std::string> own{5};
  own.add(symbol_id{1});
  own.add(symbol_id{4});
  CHECK(own.owns(symbol_id{1}));
  CHECK(own.owns(symbol_id{4}));
  CHECK_FALSE(own.owns(symbol_id{0}));
  CHECK_FALSE(own.owns(symbol_id{2}));
}

TEST_CASE("each has a place among the slot's own") {
  own_symbols<std::string> own{5};
  own.add(symbol_id{1});
  own.add(symbol_id{4});
  CHECK(own.all() == std::vector{symbol_id{1}, symbol_id{4}});
  CHECK(own.place_of(symbol_id{1}) == 0);
  CHECK(own.place_of(symbol_id{4}) == 1);
}

} // namespace tickmesh::own_symbols_test
