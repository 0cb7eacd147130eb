// The coordinator from start to stop: order, failures and limits. Joining: cluster_join_test.cpp.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::cluster_state_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a cluster forms, starts, runs until its source ends, and stops in order") {
  cluster_state state{test_options(2)};
  CHECK(to_texts(state.join(make_join("n2", {role::data}))) == texts{"accept n2"});
  CHECK(to_texts(state.join(make_join("n9", {role::exec}))) == texts{"accept n9"});
  CHECK(to_texts(state.join(make_join("n1", {role::data, role::control}))) == texts{"accept n1"});
  CHECK(state.phase() == cluster_phase::forming);
  CHECK(to_texts(state.join(make_join("n5", {role::calc}))) ==
        texts{"accept n5", "persist 1 of fresh"});
  CHECK(state.phase() == cluster_phase::starting);
  CHECK_FALSE(state.view());
  CHECK(to_texts(state.epoch_persisted(epoch{1})) ==
        texts{"view 1: data/0=n1-n2 data/1=n2-n1 calc/0=n5 exec/0=n9"});
  CHECK(state.view()->cluster_id == "fresh");
  CHECK(state.view()->symbols == texts{"ru1901", "AP101"});
  CHECK(status(state, "n5") == "JOINING");
  for (auto slot : {data0, calc0, exec0})
    CHECK(state.slot_ready(claim(state, slot)).empty());
  CHECK(state.slot_ready(claim(state, exec0)).empty()); // said twice
  CHECK(status(state, "n5") == "ACTIVE");
  CHECK(status(state, "n2") == "JOINING");
  CHECK(to_texts(state.slot_ready(claim(state, data1))) == texts{"start feeds"});
  CHECK(state.phase() == cluster_phase::running);
  for (auto slot : {data1, data0, calc0})
    CHECK(state.slot_finished(claim(state, slot)).empty());
  CHECK(state.phase() == cluster_phase::draining);
  CHECK(status(state, "n9") == "DRAINING");
  CHECK(to_texts(state.slot_finished(claim(state, exec0))) ==
        texts{"stop n2: the source has ended", "stop n5: the source has ended",
              "stop n9: the source has ended", "stop n1: the source has ended"});
  for (auto id : {"n9", "n2", "n1"})
    CHECK(state.host_stopped(id).empty());
  CHECK(state.connection_lost("n9").empty()); // as it should after its stop
  CHECK(to_texts(state.host_stopped("n5")) == texts{"finished 0: the source has ended"});
  CHECK(state.phase() == cluster_phase::stopped);
}

TEST_CASE("a view waits for its epoch to be durable, and is published once") {
  auto state = starting();
  CHECK(state.slot_ready(claim(state, data0)).empty());
  CHECK(state.epoch_persisted(epoch{2}).empty()); // another number
  CHECK(state.epoch_persisted(epoch{1}).size() == 1);
  CHECK(state.epoch_persisted(epoch{1}).empty());
  CHECK(state.slot_ready(claim(state, calc0)).empty());
  CHECK(state.slot_ready(claim(state, exec0)).empty());
  CHECK(state.phase() == cluster_phase::starting); // what was said before the view did not count
}

TEST_CASE("a silent host is suspected, then failed, and the cluster stops and names it") {
  auto state = running();
  nanoseconds now{};
  CHECK(pass(state, now, milliseconds{2'500}, {"c"}).empty());
  CHECK(status(state, "c") == "ACTIVE");
  CHECK(pass(state, now, milliseconds{2'500}, {"c"}).empty());
  CHECK(status(state, "c") == "SUSPECT");
  CHECK(status(state, "d") == "ACTIVE");
  state.pong("c", {});
  CHECK(status(state, "c") == "ACTIVE");
  auto effects = pass(state, now, milliseconds{5'500}, {"c"});
  REQUIRE(effects.size() == 3);
  std::string reason = "host c failed: it was silent for 5.5 s, longer than "
                       "cluster.failover_timeout_ms allows (5 s); calc/0 has no standby";
  CHECK(effects == texts{"stop d at once: " + reason, "stop c at once: " + reason,
                         "stop e at once: " + reason});
  CHECK(status(state, "c") == "FAILED");
  state.host_stopped("d");
  CHECK(to_texts(state.host_stopped("e")) == texts{"finished 1: " + reason});
}

TEST_CASE("a broken connection stops the cluster at once") {
  auto state = running();
  CHECK(to_texts(state.connection_lost("e")) ==
        texts{"stop d at once: host e failed: its connection broke; exec/0 has no standby",
              "stop c at once: host e failed: its connection broke; exec/0 has no standby"});
  CHECK(state.connection_lost("d").empty());
  CHECK(to_texts(state.connection_lost("c")) ==
        texts{"finished 1: host e failed: its connection broke; exec/0 has no standby"});
}

TEST_CASE("a host that gives up stops the cluster with its reason") {
  auto state = running();
  CHECK(to_texts(state.host_failed("c", "out of memory")).at(0) ==
        "stop d at once: host c failed: out of memory; calc/0 has no standby");
  CHECK(state.host_failed("e", "a later one").empty());
  CHECK(to_texts(state.host_stopped("d")) ==
        texts{"finished 1: host c failed: out of memory; calc/0 has no standby"});
}

TEST_CASE("hosts are not blamed when the coordinator itself was held up") {
  auto state = running();
  CHECK(state.advance(seconds{60}).empty());
  CHECK(status(state, "c") == "ACTIVE");
  for (auto id : {"d", "c", "e"})
    state.pong(id, {});
  CHECK(state.advance(seconds{61}).empty());
  CHECK(state.advance(seconds{50}).empty()); // a clock that goes back
  CHECK(status(state, "c") == "ACTIVE");
}

TEST_CASE("hosts that take a control host for lost that was held up are not the cause") {
  auto state = running();
  nanoseconds now{};
  CHECK(pass(state, now, seconds{1}, {}).empty());
  CHECK(state.advance(now + seconds{8}).empty());
  std::string reason =
      "the control host itself was held up for 8 s, and hosts take it for lost "
      "after 5 s (cluster.failover_timeout_ms); host d was the first to be missed: "
      "its connection broke";
  CHECK(to_texts(state.connection_lost("d")) ==
        texts{"stop c at once: " + reason, "stop e at once: " + reason});
  CHECK(state.host_stopped("c").empty());
  CHECK(to_texts(state.connection_lost("e")) == texts{"finished 1: " + reason});
}

TEST_CASE("a short pause of the control host is no excuse for a host that is lost") {
  auto state = running();
  CHECK(state.advance(milliseconds{3'900}).empty());
  CHECK(to_texts(state.connection_lost("d")).at(0) ==
        "stop c at once: host d failed: its connection broke; data/0 has no replica in sync");
}

TEST_CASE("a pause that is over does not explain later losses") {
  auto state = running();
  CHECK(state.advance(seconds{8}).empty());
  auto now = nanoseconds{seconds{8}};
  CHECK(pass(state, now, seconds{6}, {}).empty());
  CHECK(to_texts(state.connection_lost("d")).at(0) ==
        "stop c at once: host d failed: its connection broke; data/0 has no replica in sync");
}

TEST_CASE("a requested stop ends the feeds first, and hosts only when all slots have finished") {
  auto state = running();
  CHECK(to_texts(state.stop_requested("asked to", false)) == texts{"stop feeds: asked to"});
  CHECK(state.phase() == cluster_phase::draining);
  CHECK(state.stop_requested("again", false).empty());
  CHECK(state.slot_finished(claim(state, data0)).empty());
  CHECK(state.slot_finished(claim(state, calc0)).empty());
  CHECK(to_texts(state.slot_finished(claim(state, exec0))) ==
        texts{"stop d: asked to", "stop c: asked to", "stop e: asked to"});
  state.host_stopped("d");
  state.host_stopped("c");
  CHECK(to_texts(state.host_stopped("e")) == texts{"finished 0: asked to"});
}

TEST_CASE("a stop before the start needs no draining") {
  cluster_state empty{test_options()};
  CHECK(to_texts(empty.stop_requested("asked to", false)) == texts{"finished 0: asked to"});
  auto state = starting();
  CHECK(to_texts(state.stop_requested("asked to", false)) ==
        texts{"stop d: asked to", "stop c: asked to", "stop e: asked to"});
  CHECK(state.epoch_persisted(epoch{1}).empty());
}

TEST_CASE("a failure during an orderly stop turns it into a failed one") {
  auto state = running();
  state.stop_requested("asked to", false);
  CHECK(to_texts(state.stop_requested("results can't be written", true)).at(0) ==
        "stop d at once: results can't be written");

  auto late = running();
  late.stop_requested("asked to", false);
  for (auto slot : {data0, calc0, exec0})
    late.slot_finished(claim(late, slot));
  late.host_stopped("d");
  late.host_stopped("c");
  CHECK(to_texts(late.connection_lost("e")) ==
        texts{"finished 1: host e failed: its connection broke"});
}

TEST_CASE("slots that don't get ready, don't finish, or hosts that don't stop are named") {
  nanoseconds now{};
  auto state = starting();
  CHECK(pass(state, now, seconds{30}).at(0) ==
        "stop d at once: waited 30 s for the new epoch to be stored");

  now = {};
  state = starting();
  state.epoch_persisted(epoch{1});
  state.slot_ready(claim(state, data0));
  CHECK(pass(state, now, seconds{30}).at(0) ==
        "stop d at once: waited 30 s for calc/0 on host c, exec/0 on host e to get ready");

  now = {};
  state = running();
  state.stop_requested("asked to", false);
  state.slot_finished(claim(state, data0));
  CHECK(pass(state, now, seconds{60}).at(0) == "stop d at once: waited 60 s for calc/0 on host c, "
                                               "exec/0 on host e to finish, after asked to");

  state.host_stopped("e");
  CHECK(pass(state, now, seconds{60}) ==
        texts{"finished 1: waited 60 s for calc/0 on host c, exec/0 on host e to finish, after "
              "asked to"});

  now = {};
  state = running();
  for (auto slot : {data0, calc0, exec0})
    state.slot_finished(claim(state, slot));
  state.host_stopped("d");
  CHECK(pass(state, now, seconds{60}) ==
        texts{"finished 1: waited 60 s for c, e to stop, after the source has ended"});
}

} // namespace tickmesh::cluster_state_test
