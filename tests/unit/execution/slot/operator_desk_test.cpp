// What operators have asked, and what they are answered.
#include "actors/execution/slot/operator_desk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::operator_desk_test {

namespace {

using desk = operator_desk<int>;

operator_command command_of(const std::string& who) {
  return {.who = who, .reason = "a test"};
}

} // namespace

TEST_CASE("outcomes find the commands in the order of the log, batch by batch") {
  desk operators;
  operators.ask(command_of("a"), 1);
  operators.ask(command_of("b")); // nobody waits for it
  operators.ask(command_of("c"), 3);
  operators.decide({{true, "done"}, {false, "no such order"}});
  operators.decide({{true, "done, too"}});
  auto first = operators.settle("");
  REQUIRE(first.size() == 2);
  CHECK(first[0].command.who == "a");
  CHECK(first[0].outcome == operator_outcome{true, "done"});
  CHECK(first[0].reply == 1);
  CHECK(first[1].command.who == "b");
  CHECK(first[1].outcome == operator_outcome{false, "no such order"});
  CHECK_FALSE(first[1].reply.has_value());
  auto second = operators.settle("");
  REQUIRE(second.size() == 1);
  CHECK(second[0].command.who == "c");
  CHECK(second[0].outcome == operator_outcome{true, "done, too"});
  CHECK(second[0].reply == 3);
}

TEST_CASE("what could not be kept is not done for those who asked") {
  desk operators;
  operators.ask(command_of("a"), 1);
  operators.ask(command_of("b"), 2);
  operators.decide({{true, "done"}});
  operators.decide({{true, "done"}});
  auto failed = operators.settle("disk full");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].outcome == operator_outcome{false, "it may be forgotten: disk full"});
  CHECK(operators.settle("").at(0).outcome.is_done);
}

TEST_CASE("a desk has room for so many commands that are not answered") {
  desk operators;
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(operators.make_room(3).has_value());
    operators.ask(command_of("a"));
  }
  auto room = operators.make_room(3);
  REQUIRE_FALSE(room.has_value());
  CHECK(room.error().message ==
        "3 commands are not answered yet (execution.operator_commands_max)");
  operators.decide({{true, ""}});
  CHECK_FALSE(operators.make_room(3).has_value()); // not answered yet
  operators.settle("");
  CHECK(operators.make_room(3).has_value());
}

} // namespace tickmesh::operator_desk_test
