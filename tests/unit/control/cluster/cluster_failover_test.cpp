// Copies of data slots: who keeps them, who takes over when a host fails, and who may come back.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::cluster_failover_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

std::string first_view(std::uint16_t data_hosts, std::uint16_t copies) {
  return to_texts({effect::publish_view{*starting_replicated(data_hosts, copies).view()}}).at(0);
}

host_join returning(const std::string& id) {
  auto out = make_join(id, {role::data});
  out.seen = {"fresh", epoch{2}};
  return out;
}

} // namespace

TEST_CASE("replicas lie on the data hosts that follow the owner, never on the owner's host") {
  CHECK(first_view(3, 2) == "view 1: data/0=d1-d2 data/1=d2-d3 data/2=d3-d1 calc/0=c exec/0=e");
  CHECK(first_view(3, 3) ==
        "view 1: data/0=d1-d2-d3 data/1=d2-d1-d3 data/2=d3-d1-d2 calc/0=c exec/0=e");
  CHECK(first_view(2, 5) == "view 1: data/0=d1-d2 data/1=d2-d1 calc/0=c exec/0=e");
  CHECK(first_view(2, 1) == "view 1: data/0=d1 data/1=d2 calc/0=c exec/0=e");
  CHECK(first_view(1, 2) == "view 1: data/0=d1 calc/0=c exec/0=e");
}

TEST_CASE("what owners say of their replicas is gathered into one view with an epoch of its own") {
  auto state = starting_replicated(2);
  auto said = say(state, data0, "d2", true);
  CHECK(to_texts(said) == texts{"persist 2 of fresh"});
  CHECK(say(state, data0, "d2", true).empty());
  CHECK(say(state, data1, "d1", true).empty());
  CHECK(publish(state, said) == texts{"view 2: data/0=d1+d2 data/1=d2+d1 calc/0=c exec/0=e"});
  CHECK(state.view()->find(data0)->since == epoch{1});
  CHECK(say(state, data0, "d2", true).empty()); // nothing new
  CHECK(publish(state, say(state, data1, "d1", false)) ==
        texts{"view 3: data/0=d1+d2 data/1=d2-d1 calc/0=c exec/0=e"});
}

TEST_CASE("only the owner, by the view that made it so, is heard about its slot") {
  auto state = starting_replicated(2);
  CHECK(state.replica_state({data0, "d2", epoch{1}}, {"d2", true, epoch{1}}).empty());
  CHECK(state.replica_state({data0, "d1", epoch{2}}, {"d2", true, epoch{1}}).empty());
  CHECK(state.replica_state({data0, "d1", epoch{0}}, {"d2", true, epoch{1}}).empty());
  CHECK(say(state, data0, "d1", true).empty());
  CHECK(say(state, data0, "c", true).empty());
  for (auto& s : state.view()->slots)
    CHECK(state.slot_ready({s.slot, s.host_id, epoch{7}}).empty());
  CHECK(state.phase() == cluster_phase::starting);
}

TEST_CASE("a data slot of a failed host goes to a replica in sync, and the cluster ends well") {
  auto state = running_replicated(2);
  auto before = claim(state, data0);
  auto effects = state.connection_lost("d1");
  CHECK(to_texts(effects) ==
        texts{"without host d1 failed: its connection broke", "persist 3 of fresh"});
  CHECK(state.slot_ready({data0, "d2", epoch{0}}).empty());
  CHECK(publish(state, effects) == texts{"view 3: data/0=d2 data/1=d2 calc/0=c exec/0=e"});
  CHECK(state.view()->find(data0)->since == epoch{3});
  CHECK(state.view()->find(data1)->since == epoch{1});
  CHECK(status(state, "d1") == "FAILED");
  CHECK(row_of(state, "d1").failure == "its connection broke");
  CHECK(row_of(state, "d1").slots.empty());
  CHECK(row_of(state, "d2").slots == std::vector{data0, data1});
  CHECK(status(state, "d2") == "JOINING");

  CHECK(state.slot_ready(before).empty());
  CHECK(state.slot_finished(before).empty());
  CHECK(state.replica_state(before, {"d2", false, epoch{1}}).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) == texts{"start feeds of data/0"});
  CHECK(state.slot_ready(claim(state, data0)).empty());
  CHECK(status(state, "d2") == "ACTIVE");
  for (auto slot : {data1, calc0, exec0})
    CHECK(state.slot_finished(claim(state, slot)).empty());
  CHECK(state.phase() == cluster_phase::running);
  CHECK(to_texts(state.slot_finished(claim(state, data0))) ==
        texts{"stop d2: the source has ended", "stop c: the source has ended",
              "stop e: the source has ended"});
  state.host_stopped("d2");
  state.host_stopped("c");
  CHECK(to_texts(state.host_stopped("e")) == texts{"finished 0: the source has ended"});
}

TEST_CASE("a host that is silent, or gives up, is told to stop before its slots are given away") {
  auto state = running_replicated(2);
  nanoseconds now{};
  std::string text = "host d2 failed: it was silent for 5.5 s, longer than "
                     "cluster.failover_timeout_ms allows (5 s)";
  CHECK(pass(state, now, milliseconds{5'500}, {"d2"}) ==
        texts{"stop d2 at once: " + text, "without " + text, "persist 3 of fresh"});
  auto other = running_replicated(2);
  CHECK(to_texts(other.host_failed("d1", "disk full")) ==
        texts{"stop d1 at once: host d1 failed: disk full", "without host d1 failed: disk full",
              "persist 3 of fresh"});
}

TEST_CASE("a slot without a replica in sync takes the cluster with it, and is named") {
  auto state = running_replicated(2);
  publish(state, say(state, data0, "d2", false));
  CHECK(to_texts(state.connection_lost("d1")).at(0) ==
        "stop d2 at once: host d1 failed: its connection broke; data/0 has no replica in sync");
  auto single = running_replicated(2, 1);
  CHECK(to_texts(single.connection_lost("d2")).at(0) ==
        "stop d1 at once: host d2 failed: its connection broke; data/1 has no replica in sync");
  auto control = running_replicated(2);
  CHECK(to_texts(control.connection_lost("e")).at(0) ==
        "stop d1 at once: host e failed: its connection broke; it is the control host");
}

TEST_CASE("the view that is out decides who is in sync, not what is still being stored") {
  auto state = starting_replicated(2);
  say(state, data0, "d2", true);
  CHECK(to_texts(state.connection_lost("d1")).at(0).ends_with("data/0 has no replica in sync"));

  state = running_replicated(2);
  say(state, data0, "d2", false); // d1 passes nothing on before the view
  CHECK(to_texts(state.connection_lost("d1")) ==
        texts{"without host d1 failed: its connection broke"}); // the epoch is on its way
  CHECK(store(state, epoch{3}) == texts{"view 3: data/0=d2 data/1=d2 calc/0=c exec/0=e"});
}

TEST_CASE("hosts that fail together do not take over from each other") {
  auto state = running_replicated(3, 3);
  nanoseconds now{};
  auto effects = pass(state, now, milliseconds{5'500}, {"d1", "d2"});
  CHECK(effects.size() == 5);
  CHECK(store(state, epoch{3}) == texts{"view 3: data/0=d3 data/1=d3 data/2=d3 calc/0=c exec/0=e"});
}

TEST_CASE("a successor that fails before its view is out is succeeded itself") {
  auto state = running_replicated(3, 3);
  state.connection_lost("d1");
  CHECK(to_texts(state.connection_lost("d2")) ==
        texts{"without host d2 failed: its connection broke"});
  CHECK(store(state, epoch{3}) == texts{"view 3: data/0=d3 data/1=d3 data/2=d3 calc/0=c exec/0=e"});
  CHECK(state.view()->find(data0)->since == epoch{3});
}

TEST_CASE("the next host in the ring begins a copy when one is lost") {
  auto state = running_replicated(3);
  auto effects = state.connection_lost("d1");
  CHECK(publish(state, effects) ==
        texts{"view 3: data/0=d2-d3 data/1=d2+d3 data/2=d3-d2 calc/0=c exec/0=e"});
}

TEST_CASE("a failure while the slots get ready gives them more time, and starts all feeds once") {
  auto state = starting_replicated(2);
  bring_in_sync(state);
  for (auto slot : {data0, calc0, exec0})
    CHECK(state.slot_ready(claim(state, slot)).empty());
  nanoseconds now{};
  pass(state, now, seconds{25});
  publish(state, state.connection_lost("d1"));
  CHECK(pass(state, now, seconds{25}).empty());
  CHECK(state.slot_ready(claim(state, data1)).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) == texts{"start feeds"});
}

TEST_CASE("a slot that is handed over while the cluster drains begins again, and ends") {
  auto state = running_replicated(2);
  state.stop_requested("asked to", false);
  for (auto slot : {data0, data1, calc0})
    state.slot_finished(claim(state, slot));
  publish(state, state.connection_lost("d1"));
  CHECK(state.slot_finished(claim(state, exec0)).empty());
  CHECK(to_texts(state.slot_ready(claim(state, data0))) ==
        texts{"start feeds of data/0", "stop feeds of data/0: asked to"});
  CHECK(to_texts(state.slot_finished(claim(state, data0))) ==
        texts{"stop d2: asked to", "stop c: asked to", "stop e: asked to"});
  CHECK(state.reason() == "asked to");
}

TEST_CASE("a data host joins a running cluster, keeps replicas, and stops with it") {
  for (std::string id : {"d1", "d9"}) {
    CAPTURE(id);
    auto state = running_replicated(2);
    publish(state, state.connection_lost("d1"));
    auto effects = state.join(returning(id));
    CHECK(to_texts(effects) == texts{"accept " + id, "persist 4 of fresh"});
    CHECK(publish(state, effects) ==
          texts{"view 4: data/0=d2-" + id + " data/1=d2-" + id + " calc/0=c exec/0=e"});
    CHECK(status(state, id) == "STANDBY");
    CHECK(status(state, "d1") == (id == "d1" ? "STANDBY" : "FAILED"));
    CHECK(row_of(state, id).replicas == std::vector{data0, data1});
    bring_in_sync(state);
    publish(state, state.connection_lost("d2")); // the next failure is survived as well
    CHECK(state.view()->host_of(data1) == id);
    for (auto slot : {data0, data1})
      state.slot_ready(claim(state, slot));
    for (auto slot : {data0, data1, calc0})
      state.slot_finished(claim(state, slot));
    CHECK(to_texts(state.slot_finished(claim(state, exec0))).at(0) ==
          "stop " + id + ": the source has ended");
    state.host_stopped("c");
    state.host_stopped("e");
    CHECK(to_texts(state.host_stopped(id)) == texts{"finished 0: the source has ended"});
  }
}

TEST_CASE("what was said of a replica that was lost does not count for the one that came back") {
  auto state = running_replicated(2);
  publish(state, state.connection_lost("d2"));
  publish(state, state.join(returning("d2")));
  REQUIRE(state.view()->find(data0)->replicas ==
          std::vector<replica_assignment>{{"d2", false, epoch{4}}});
  CHECK(state.replica_state(claim(state, data0), {"d2", true, epoch{1}}).empty());
  CHECK(to_texts(state.replica_state(claim(state, data0), {"d2", true, epoch{4}})) ==
        texts{"persist 5 of fresh"});
}

TEST_CASE("a late host is refused when it is no data host, differs, or the cluster ends") {
  auto state = running_replicated(2);
  auto answer = [&state](const host_join& join) { return to_texts(state.join(join)).at(0); };
  CHECK(answer(returning("d1")).find("has joined from") != std::string::npos);
  publish(state, state.connection_lost("d1"));
  auto other = returning("d1");
  other.source_fingerprint = 8;
  CHECK(answer(other).find("the sources of hosts d2 and d1 differ") != std::string::npos);
  other = returning("d1");
  other.seen = {"other", epoch{2}};
  CHECK(answer(other).find("belongs to cluster other") != std::string::npos);
  other.seen = {"fresh", epoch{9}};
  CHECK(answer(other).find("has seen epoch 9, and the running cluster is at epoch 3") !=
        std::string::npos);
  other = returning("d1");
  other.configuration_hash = 5;
  CHECK(answer(other).find("has other settings") != std::string::npos);
  CHECK(answer(make_join("e2", {role::exec})).find("comes too late") != std::string::npos);
  state.stop_requested("asked to", false);
  CHECK(answer(returning("d1")).find("comes too late: the cluster is DRAINING") !=
        std::string::npos);
}

TEST_CASE("a host without a slot may fail, even while the hosts stop") {
  auto state = running_replicated(2);
  publish(state, state.connection_lost("d1"));
  publish(state, state.join(returning("d1")));
  CHECK(publish(state, state.connection_lost("d1")) ==
        texts{"view 5: data/0=d2 data/1=d2 calc/0=c exec/0=e"});
  publish(state, state.join(returning("d1")));
  state.slot_ready(claim(state, data0));
  for (auto slot : {data0, data1, calc0, exec0})
    state.slot_finished(claim(state, slot));
  REQUIRE(state.phase() == cluster_phase::stopping);
  for (auto id : {"d2", "c", "e"})
    CHECK(state.host_stopped(id).empty());
  CHECK(to_texts(state.connection_lost("d1")) == texts{"finished 0: the source has ended"});
}

TEST_CASE("an epoch that can't be stored stops a running cluster") {
  auto state = running_replicated(2);
  state.connection_lost("d1");
  nanoseconds now{};
  CHECK(pass(state, now, milliseconds{29'500}).empty());
  CHECK(pass(state, now, milliseconds{500}).at(0) ==
        "stop d2 at once: waited 30 s for the new epoch to be stored");
}

} // namespace tickmesh::cluster_failover_test
