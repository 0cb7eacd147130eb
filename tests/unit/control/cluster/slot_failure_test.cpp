// Slots, and replicas of slots, that can't go on at a host which itself is well.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::slot_failure_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr slot_name data2{role::data, 2};

cluster_effects fail(cluster_state& state, slot_name slot,
                     const std::string& reason = "disk full") {
  return state.slot_failed(claim(state, slot), reason);
}
cluster_effects fail_replica(cluster_state& state, slot_name slot, const std::string& host) {
  return state.replica_failed(replica_claim(state, slot, host), "disk full");
}

/// The host's next process.
host_join returning(const std::string& id) {
  auto out = make_join(id, {role::data});
  out.seen = {"fresh", epoch{2}};
  return out;
}

std::string first_of(const cluster_effects& effects) {
  REQUIRE_FALSE(effects.empty());
  return to_texts(effects).front();
}

} // namespace

TEST_CASE("a slot that fails goes to a replica in sync, and its host keeps all else") {
  auto state = running_replicated(2);
  auto before = claim(state, data0);
  auto effects = fail(state, data0);
  CHECK(to_texts(effects) ==
        texts{"given up: data/0 failed on host d1: disk full", "persist 3 of fresh"});
  CHECK(publish(state, effects) == texts{"view 3: data/0=d2 data/1=d2+d1 calc/0=c exec/0=e"});
  CHECK(state.view()->find(data0)->since == epoch{3});
  CHECK(state.view()->find(data1)->since == epoch{1});
  CHECK(status(state, "d1") == "STANDBY");
  CHECK(row_of(state, "d1").failure.empty());
  CHECK(row_of(state, "d1").slot_failures == texts{"data/0: disk full"});
  CHECK(row_of(state, "d2").slot_failures.empty());
  CHECK(row_of(state, "d1").replicas == std::vector{data1});

  CHECK(state.slot_failed(before, "again").empty()); // of the former owner
  CHECK(state.slot_finished(before).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) == texts{"start feeds of data/0"});
  for (auto slot : {data0, data1, calc0})
    CHECK(state.slot_finished(claim(state, slot)).empty());
  CHECK(first_of(state.slot_finished(claim(state, exec0))) == "stop d1: the source has ended");
}

TEST_CASE("a slot that fails before the view is out has failed once") {
  auto state = running_replicated(2);
  auto effects = fail(state, data0);
  CHECK(fail(state, data0).empty());
  CHECK(publish(state, effects).at(0).starts_with("view 3: data/0=d2 "));
  CHECK(row_of(state, "d1").slot_failures.size() == 1);
}

TEST_CASE("two slots of one host fail each by itself, into one view") {
  auto state = running_replicated(2);
  publish(state, state.connection_lost("d1"));
  publish(state, state.join(returning("d1")));
  bring_in_sync(state);
  auto effects = fail(state, data0, "damaged");
  CHECK(to_texts(fail(state, data1)) ==
        texts{"given up: data/1 failed on host d2: disk full"}); // the epoch is on its way
  CHECK(publish(state, effects) == texts{"view 6: data/0=d1 data/1=d1 calc/0=c exec/0=e"});
  CHECK(row_of(state, "d2").slot_failures == texts{"data/0: damaged", "data/1: disk full"});
}

TEST_CASE("a slot without a successor takes the cluster with it, and is named") {
  auto calc = running_replicated(2);
  CHECK(first_of(fail(calc, calc0, "out of memory")) ==
        "stop d1 at once: host c failed: calc/0: out of memory; calc/0 has no standby");
  auto exec = running_replicated(2);
  CHECK(first_of(fail(exec, exec0, "lost")) ==
        "stop d1 at once: host e failed: exec/0: lost; exec/0 has no standby");
  auto behind = running_replicated(2);
  publish(behind, say(behind, data0, "d2", false));
  CHECK(first_of(fail(behind, data0)) ==
        "stop d1 at once: host d1 failed: data/0: disk full; data/0 has no replica in sync");
  CHECK(behind.reason() == "host d1 failed: data/0: disk full; data/0 has no replica in sync");
  for (auto id : {"d1", "d2", "c"}) // all are there to stop in order
    CHECK(behind.host_stopped(id).empty());
  CHECK(to_texts(behind.host_stopped("e")) ==
        texts{"finished 1: host d1 failed: data/0: disk full; data/0 has no replica in sync"});
}

TEST_CASE("a successor that fails, too, is succeeded as long as there is somebody") {
  auto state = running_replicated(3, 3);
  publish(state, fail(state, data0));
  CHECK(state.view()->find(data0)->host_id == "d2");
  CHECK(publish(state, fail(state, data0)).at(0).starts_with("view 4: data/0=d3 "));
  CHECK(first_of(fail(state, data0)) ==
        "stop d1 at once: host d3 failed: data/0: disk full; data/0 has no replica in sync");
}

TEST_CASE("a host on which a slot has failed is not chosen for that slot, and for others it is") {
  auto state = running_replicated(3);
  CHECK(publish(state, fail(state, data0)) ==
        texts{"view 3: data/0=d2-d3 data/1=d2+d3 data/2=d3+d1 calc/0=c exec/0=e"});
  bring_in_sync(state);
  CHECK(publish(state, state.connection_lost("d3")) ==
        texts{"view 5: data/0=d2 data/1=d2-d1 data/2=d1-d2 calc/0=c exec/0=e"});
}

TEST_CASE("a host on which a slot has failed is chosen again when it joins anew") {
  auto state = running_replicated(2);
  publish(state, fail(state, data0));
  REQUIRE(row_of(state, "d1").slot_failures.size() == 1);
  publish(state, state.connection_lost("d1"));
  CHECK(row_of(state, "d1").slot_failures.size() == 1); // it is why
  CHECK(publish(state, state.join(returning("d1"))) ==
        texts{"view 5: data/0=d2-d1 data/1=d2-d1 calc/0=c exec/0=e"});
  CHECK(row_of(state, "d1").slot_failures.empty());
}

TEST_CASE("a process that joins once more, or is found again, has not been mended") {
  constexpr std::uint64_t process = 7;
  auto state = running_replicated(2, 2, process);
  publish(state, fail(state, data0));
  CHECK(to_texts(state.join(make_join("d1", {role::data}, process))) ==
        texts{"accept d1", "reattach d1", "view to d1"});
  state.connection_broken("d1");
  CHECK(to_texts(state.connection_restored("d1")) == texts{"reattach d1", "view to d1"});
  CHECK(row_of(state, "d1").slot_failures == texts{"data/0: disk full"});
}

TEST_CASE("a replica that fails is replaced on another host, and its host keeps all else") {
  auto state = running_replicated(3);
  auto effects = fail_replica(state, data0, "d2");
  CHECK(to_texts(effects) == texts{"given up: the replica of data/0 failed on host d2: disk full",
                                   "persist 3 of fresh"});
  CHECK(publish(state, effects) ==
        texts{"view 3: data/0=d1-d3 data/1=d2+d3 data/2=d3+d1 calc/0=c exec/0=e"});
  CHECK(state.view()->find(data0)->since == epoch{1}); // its owner goes on
  CHECK(row_of(state, "d2").slot_failures == texts{"data/0: disk full"});
  CHECK(status(state, "d2") == "ACTIVE");
  CHECK(fail_replica(state, data0, "d2").empty()); // it is none any more
}

TEST_CASE("a replica that fails may have been the last one") {
  auto state = running_replicated(2);
  CHECK(publish(state, fail_replica(state, data0, "d2")) ==
        texts{"view 3: data/0=d1 data/1=d2+d1 calc/0=c exec/0=e"});
  CHECK(say(state, data0, "d2", true).empty());
  CHECK(first_of(state.connection_lost("d1")) ==
        "stop d2 at once: host d1 failed: its connection broke; data/0 has no replica in sync");
}

TEST_CASE("a failure that is no such thing changes nothing") {
  auto state = running_replicated(3);
  CHECK(fail_replica(state, data0, "d1").empty()); // the owner
  CHECK(fail_replica(state, data0, "d3").empty()); // keeps no copy of it
  CHECK(fail_replica(state, data0, "nobody").empty());
  CHECK(fail_replica(state, calc0, "d2").empty());
  CHECK(state.replica_failed({data0, "d2", epoch{9}}, "disk full").empty());
  CHECK(state.replica_failed({{role::data, 9}, "d2", epoch{1}}, "disk full").empty());
  CHECK(state.slot_failed({data0, "d2", epoch{1}}, "disk full").empty());
  CHECK(state.slot_failed({data0, "d1", epoch{2}}, "disk full").empty());
  CHECK(state.slot_failed({{role::data, 9}, "d1", epoch{1}}, "disk full").empty());
  for (auto& row : state.registry())
    CHECK(row.slot_failures.empty());
  publish(state, state.connection_lost("d2"));
  CHECK(fail_replica(state, data0, "d2").empty()); // was given up meanwhile
}

TEST_CASE("a replica that fails while its slot changes its owner is replaced all the same") {
  for (bool is_view_out : {false, true}) { // which its host has not seen when it speaks
    CAPTURE(is_view_out);
    auto state = running_replicated(3, 3);
    auto kept = replica_claim(state, data0, "d3");
    auto effects = state.connection_lost("d1");
    if (is_view_out) publish(state, effects);
    auto failed = state.replica_failed(kept, "disk full");
    publish(state, is_view_out ? failed : effects);
    CHECK(state.view()->find(data0)->host_id == "d2");
    CHECK(state.view()->find(data0)->replicas.empty());
    CHECK(row_of(state, "d3").slot_failures == texts{"data/0: disk full"});
  }
}

TEST_CASE("a slot that fails while the slots get ready gives them more time") {
  auto state = starting_replicated(2);
  bring_in_sync(state);
  for (auto slot : {data0, data1, calc0})
    CHECK(state.slot_ready(claim(state, slot)).empty());
  nanoseconds now{};
  pass(state, now, seconds{25});
  publish(state, fail(state, data0));
  CHECK(state.slot_ready(claim(state, exec0)).empty());
  CHECK(pass(state, now, seconds{25}).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) == texts{"start feeds"});
}

TEST_CASE("a slot that fails while the cluster drains begins again elsewhere, and ends") {
  auto state = running_replicated(3);
  state.stop_requested("asked to", false);
  nanoseconds now{};
  pass(state, now, seconds{55});
  CHECK(publish(state, fail(state, data0)) == // no copy is begun
        texts{"view 3: data/0=d2 data/1=d2+d3 data/2=d3+d1 calc/0=c exec/0=e"});
  CHECK(publish(state, fail_replica(state, data2, "d1")).at(0).find("data/2=d3 ") !=
        std::string::npos);
  CHECK(pass(state, now, seconds{55}).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) ==
        texts{"start feeds of data/0", "stop feeds of data/0: asked to"});
  for (auto slot : {data1, data2, calc0, exec0})
    CHECK(state.slot_finished(claim(state, slot)).empty());
  CHECK(first_of(state.slot_finished(claim(state, data0))) == "stop d1: asked to");
}

TEST_CASE("where nothing runs nothing fails") {
  auto state = starting(); // there is no view
  CHECK(state.slot_failed({data0, "d", epoch{0}}, "disk full").empty());
  CHECK(state.replica_failed({data0, "c", epoch{0}}, "disk full").empty());
  auto stops = running_replicated(2);
  for (auto slot : {data0, data1, calc0, exec0})
    stops.slot_finished(claim(stops, slot));
  REQUIRE(stops.phase() == cluster_phase::stopping);
  CHECK(fail(stops, data0).empty());
  CHECK(fail_replica(stops, data0, "d2").empty());
}

} // namespace tickmesh::slot_failure_test
