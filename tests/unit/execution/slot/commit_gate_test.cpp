// The gate that holds commands back until their events are durable, and the notice to the keeper.
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/slot/commit_gate.hpp"

#include <doctest/doctest.h>

#include <random>

namespace tickmesh::commit_gate_test {

namespace {

using numbers = std::vector<std::uint64_t>;

numbers take_all(commit_gate<std::uint64_t>& gate) {
  numbers out;
  while (auto held = gate.take())
    out.push_back(*held);
  return out;
}

} // namespace

TEST_CASE("commands leave in order, once their events are durable here") {
  commit_gate<std::vector<venue_command>> gate{100};
  gate.hold(3, {cancel_request{order_id{1}}, cancel_request{order_id{2}}});
  gate.hold(5, {status_query{order_id{3}}});
  CHECK(!gate.take());
  CHECK(gate.waiting_for() == std::vector<std::string>{"local"});
  gate.acknowledge(local_journal, 4);
  auto first = gate.take();
  REQUIRE(first);
  CHECK(first->size() == 2);
  CHECK(!gate.take());
  gate.acknowledge(local_journal, 2); // an older word changes nothing
  gate.acknowledge(local_journal, 5);
  REQUIRE(gate.take());
  CHECK(gate.held() == 0);
  CHECK(gate.waiting_for().empty());
}

TEST_CASE("a replica is one more acknowledger: commands wait for the slower of the two") {
  commit_gate<std::uint64_t> gate{100};
  gate.require("exec-2", 2);
  for (std::uint64_t event = 1; event <= 6; ++event)
    gate.hold(event, event);
  gate.acknowledge(local_journal, 6);
  CHECK(take_all(gate) == numbers{1, 2});
  CHECK(gate.waiting_for() == std::vector<std::string>{"exec-2"});
  gate.acknowledge("a stranger", 6);
  CHECK(take_all(gate).empty());
  gate.acknowledge("exec-2", 4);
  CHECK(take_all(gate) == numbers{3, 4});
  gate.dismiss("exec-2");
  CHECK(take_all(gate) == numbers{5, 6});
}

TEST_CASE("a full gate says so, and takes more when something has left") {
  commit_gate<int> gate{2};
  gate.hold(1, 1);
  CHECK(!gate.is_full());
  gate.hold(1, 2);
  CHECK(gate.is_full());
  gate.acknowledge(local_journal, 1);
  CHECK(gate.take() == 1);
  CHECK(!gate.is_full());
}

TEST_CASE("whatever the order of acknowledgements, nothing leaves early, late or out of order") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    std::mt19937_64 random{seed};
    commit_gate<std::uint64_t> gate{100};
    std::map<std::string, std::uint64_t> told{{"local", 0}, {"a", 0}, {"b", 0}};
    gate.require("a");
    gate.require("b");
    std::uint64_t appended = 0, left = 0;
    while (left < 100) {
      if (appended < 100 && random() % 2 == 0) {
        ++appended;
        gate.hold(appended, appended);
      }
      for (auto& [who, event] : told)
        if (random() % 3 == 0) {
          auto said = random() % (appended + 1);
          event = std::max(event, said);
          gate.acknowledge(who, said);
        }
      for (auto event : take_all(gate))
        REQUIRE(event == ++left);
      auto durable = std::min({told["local"], told["a"], told["b"]});
      REQUIRE(left == std::min(durable, appended));
    }
  }
}

} // namespace tickmesh::commit_gate_test
