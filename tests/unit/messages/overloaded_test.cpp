// A function for each kind: what it proves at compile time is what it is for.
#include "messages/overloaded.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <variant>

namespace tickmesh::overloaded_test {

struct apple {};
struct pear {};
struct plum {};

TEST_CASE("each kind is taken by its own function, and one that has none does not compile") {
  overloaded name{[](const apple&) { return 1; }, [](const one_of<pear, plum> auto&) { return 2; }};
  std::variant<apple, pear, plum> fruit = plum{};
  CHECK(std::visit(name, fruit) == 2);
  fruit = apple{};
  CHECK(std::visit(name, fruit) == 1);
  static_assert(std::is_invocable_v<decltype(name), const pear&>);
  static_assert(!std::is_invocable_v<decltype(name), const int&>);
  static_assert(one_of<apple, pear, apple> && !one_of<apple, pear, plum> && !one_of<apple>);
}

} // namespace tickmesh::overloaded_test
