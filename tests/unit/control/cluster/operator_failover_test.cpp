// Slots that an operator moves: those of lost hosts where cluster.auto_failover is false, and those
// of hosts that are well.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::operator_failover_test {

namespace {

constexpr const char* not_by_itself = "cluster.auto_failover is false";

/// d1, d2 and d3 with a data slot and a copy of another each, c, and e with control; a standby s
/// for calc/0. All replicas of data slots are in sync.
cluster_state running_by_hand(bool is_auto = false) {
  auto options = test_options(3);
  options.settings.auto_failover = is_auto;
  cluster_state state{options};
  auto standby = make_join("s", {role::calc});
  standby.is_standby = true;
  state.join(standby);
  for (auto* id : {"d1", "d2", "d3"})
    state.join(make_join(id, {role::data}));
  state.join(make_join("c", {role::calc}));
  publish(state, state.join(make_join("e", {role::exec, role::control})));
  auto view = *state.view();
  cluster_effects said;
  for (auto& s : view.slots)
    if (s.slot.of == role::data)
      for (auto& e : say(state, s.slot, s.replicas.at(0).host_id, true))
        said.push_back(e);
  publish(state, said);
  for (auto& s : state.view()->slots)
    state.slot_ready(claim(state, s.slot));
  REQUIRE(state.phase() == cluster_phase::running);
  return state;
}

std::string ask(cluster_state& state, slot_name slot) {
  auto effects = state.failover_requested(slot);
  publish(state, effects);
  return to_texts(effects).at(0);
}

std::string host_of(const cluster_state& state, slot_name slot) {
  return state.view()->find(slot)->host_id;
}

} // namespace

TEST_CASE("with auto_failover = false the slots of a lost host wait for an operator") {
  auto state = running_by_hand();
  auto former = claim(state, data0);
  auto effects = state.connection_lost("d1");
  CHECK(
      to_texts(effects) ==
      texts{"without host d1 failed: its connection broke",
            "given up: data/0 waits for `tickmesh failover data/0`: cluster.auto_failover is false",
            "persist 3 of fresh"}); // the copy on d1 is no one's any more
  publish(state, effects);
  CHECK(host_of(state, data0) == "d1");
  CHECK(state.phase() == cluster_phase::running);
  CHECK(state.waiting_slots() == std::map<slot_name, std::string>{{data0, not_by_itself}});
  CHECK(state.slot_finished(former).empty()); // what the lost host may still say counts no more
  CHECK(state.slot_failed(former, "late").empty());
  CHECK(ask(state, data0) == "done: data/0 goes from host d1 to host d2");
  CHECK(host_of(state, data0) == "d2");
  CHECK(state.waiting_slots().empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) == texts{"start feeds of data/0"});

  publish(state, state.connection_lost("c"));
  CHECK(host_of(state, calc0) == "c");
  CHECK(ask(state, calc0) == "done: calc/0 goes from host c to host s"); // it begins anew there
}

TEST_CASE("a slot that waits goes nowhere by itself, and its host may not join meanwhile") {
  auto state = running_by_hand();
  publish(state, state.connection_lost("d1"));
  auto back = make_join("d1", {role::data});
  auto answer = to_texts(state.join(back)).at(0);
  CHECK(answer == "refuse d1: data/0 has run on host d1, and waits for an operator: "
                  "cluster.auto_failover is false; say `tickmesh failover data/0` first");
  ask(state, data0);
  back.seen = {"fresh", state.view()->number};
  CHECK(to_texts(state.join(back)).at(0) == "accept d1");
}

TEST_CASE("a slot that waits, and has lost whoever could take it over, ends the cluster by name") {
  auto state = running_by_hand();
  publish(state, state.connection_lost("d1"));
  state.connection_lost("d2"); // its replica
  CHECK(state.reason() == "host d2 failed: its connection broke; data/0 has no replica in sync");
}

TEST_CASE("a slot that nobody could take over does not wait") {
  auto state = running_by_hand();
  publish(state, state.connection_lost("s"));
  state.connection_lost("c");
  CHECK(state.reason() == "host c failed: its connection broke; calc/0 has no standby");
}

TEST_CASE("a slot of a host that is well goes to a replica in sync, and to no other") {
  auto state = running_by_hand(true);
  auto former = claim(state, data0);
  CHECK(ask(state, data0) == "done: data/0 goes from host d1 to host d2");
  CHECK(host_of(state, data0) == "d2");
  CHECK(status(state, "d1") == "STANDBY");
  CHECK(state.slot_finished(former).empty());
  CHECK(ask(state, calc0) ==
        "refused: calc/0 runs on host c, and no replica of it is in sync; start a standby "
        "(--standby) and wait until status shows its replica in sync, or stop the host");
  publish(state, say(state, calc0, "s", true));
  CHECK(ask(state, calc0) == "done: calc/0 goes from host c to host s");
}

TEST_CASE("an operator is told why a slot stays") {
  auto state = running_by_hand(true);
  CHECK(ask(state, exec0) == "refused: exec/0 has no standby");
  CHECK(ask(state, {role::calc, 7}) == "refused: there is no slot calc/7");
  CHECK(ask(state, {role::control, 0}) == "refused: there is no slot control/0");
  state.stop_requested("enough", true);
  CHECK(ask(state, data0) ==
        "refused: the cluster is STOPPING; slots are moved when it is RUNNING");
}

TEST_CASE("with publish_after = local a data slot stays where it is well") {
  auto options = test_options(2);
  options.settings.publish_after = publish_rule::local;
  cluster_state state{options};
  for (auto* id : {"d1", "d2"})
    state.join(make_join(id, {role::data}));
  state.join(make_join("c", {role::calc}));
  publish(state, state.join(make_join("e", {role::exec})));
  bring_in_sync(state);
  CHECK(ask(state, data0) ==
        "refused: data/0 runs on host d1, and with cluster.publish_after = \"local\" its replica "
        "may lack the last ticks; stop the host");
}

} // namespace tickmesh::operator_failover_test
