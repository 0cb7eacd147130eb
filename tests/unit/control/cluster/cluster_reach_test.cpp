// Hosts whose connection breaks, that are found again, lost for good, or join once more.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::cluster_reach_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::uint64_t first = 11, second = 12; ///< processes

/// d1 and d2 with each other's replicas in sync, all by their first processes.
cluster_state running_twice() {
  return running_replicated(2, 2, first);
}

/// The host's next process, which has seen the cluster.
host_join again(const std::string& id, std::uint64_t incarnation) {
  auto out = make_join(id, {role::data}, incarnation);
  out.seen = {"fresh", epoch{2}};
  return out;
}

std::string last_of(const cluster_effects& effects) {
  REQUIRE_FALSE(effects.empty());
  return to_texts(effects).back();
}

} // namespace

TEST_CASE("a connection that breaks is no death, and the host is told again when it is found") {
  auto state = running_twice();
  CHECK(state.connection_broken("c").empty());
  CHECK(state.connection_broken("c").empty());
  CHECK(state.connection_broken("nobody").empty());
  CHECK(state.phase() == cluster_phase::running);
  CHECK(status(state, "c") == "ACTIVE");
  CHECK(row_of(state, "c").failure.empty());
  CHECK(to_texts(state.connection_restored("c")) == texts{"reattach c", "view to c"});
  CHECK(state.connection_restored("nobody").empty());
}

TEST_CASE("a data host that is found is told which of its feeds run") {
  auto state = running_twice();
  state.connection_broken("d1");
  CHECK(to_texts(state.connection_restored("d1")) ==
        texts{"reattach d1", "view to d1", "start feeds of data/0"});
  state.connection_broken("d1");
  state.stop_requested("asked to", false);
  CHECK(to_texts(state.connection_restored("d1")) == texts{"reattach d1", "view to d1",
                                                           "start feeds of data/0",
                                                           "stop feeds of data/0: asked to"});
}

TEST_CASE("no feed is started before all slots are ready, nor one that begins anew") {
  auto state = starting();
  state.connection_broken("d");
  CHECK(to_texts(state.connection_restored("d")) == texts{"reattach d"}); // there is no view yet
  state.epoch_persisted(epoch{1});
  state.slot_ready(claim(state, data0));
  state.connection_broken("d");
  CHECK(to_texts(state.connection_restored("d")) == texts{"reattach d", "view to d"});

  auto handed = running_twice();
  auto effects = handed.connection_lost("d1");
  handed.connection_broken("d2");
  texts told{"reattach d2", "view to d2", "start feeds of data/1"};
  CHECK(to_texts(handed.connection_restored("d2")) == told); // data/0 is to come to it
  publish(handed, effects);
  CHECK(to_texts(handed.connection_restored("d2")) == told);
  handed.slot_ready(claim(handed, data0));
  told.insert(told.begin() + 2, "start feeds of data/0");
  CHECK(to_texts(handed.connection_restored("d2")) == told);
}

TEST_CASE("what a host says while it is out of the coordinator's reach counts") {
  auto state = running_twice();
  state.connection_broken("d1");
  auto effects = say(state, data0, "d2", false);
  CHECK(publish(state, effects).at(0).starts_with("view 3: data/0=d1-d2"));
  CHECK(to_texts(state.connection_restored("d1")).at(1) == "view to d1");
  CHECK(state.view()->number == epoch{3});
}

TEST_CASE(
    "before the cluster is formed a host that refuses is gone, and another may have its seat") {
  cluster_state state{test_options()};
  state.join(make_join("c1", {role::calc}, first));
  CHECK(state.connection_broken("c1").empty());
  CHECK(status(state, "c1") == "JOINING");
  CHECK(state.connection_lost("c1").empty());
  CHECK(status(state, "c1") == "FAILED");
  CHECK(to_texts(state.join(make_join("c2", {role::calc}, first))) == texts{"accept c2"});
}

TEST_CASE("the cluster is not formed while a host is out of reach, and then at once") {
  auto join_all = [](cluster_state& state) {
    state.join(make_join("c", {role::calc}, first));
    CHECK(state.connection_broken("c").empty());
    state.join(make_join("d", {role::data}, first));
    CHECK(to_texts(state.join(make_join("e", {role::exec}, first))) == texts{"accept e"});
    CHECK(state.phase() == cluster_phase::forming);
  };
  cluster_state restored{test_options()};
  join_all(restored);
  CHECK(to_texts(restored.connection_restored("c")) == texts{"reattach c", "persist 1 of fresh"});
  cluster_state joined{test_options()};
  join_all(joined);
  CHECK(to_texts(joined.join(make_join("c", {role::calc}, first))) ==
        texts{"accept c", "reattach c", "persist 1 of fresh"});
}

TEST_CASE("while the cluster stops a host whose connection breaks is waited for until it is gone") {
  auto state = running();
  for (auto slot : {data0, calc0, exec0})
    state.slot_finished(claim(state, slot));
  state.host_stopped("d");
  state.host_stopped("c");
  CHECK(state.connection_broken("e").empty());
  CHECK(state.phase() == cluster_phase::stopping);
  CHECK(last_of(state.connection_restored("e")) == "stop e: the source has ended");
  CHECK(state.connection_broken("e").empty());
  CHECK(to_texts(state.connection_lost("e")) ==
        texts{"finished 1: host e failed: its connection broke"});
}

TEST_CASE("a host where nobody listens any more is gone, with or without a break before that") {
  for (bool is_broken : {false, true}) {
    auto state = running_twice();
    if (is_broken) state.connection_broken("d1");
    CHECK(to_texts(state.connection_lost("d1")) ==
          texts{"without host d1 failed: its connection broke", "persist 3 of fresh"});
    CHECK(status(state, "d1") == "FAILED");
    CHECK(state.connection_broken("d1").empty());
    CHECK(state.connection_lost("d1").empty());
  }
}

TEST_CASE("a host that stays out of reach fails by its silence") {
  auto state = running_twice();
  state.connection_broken("d1");
  nanoseconds now{};
  CHECK(pass(state, now, seconds{5}, {"d1"}).empty());
  CHECK(status(state, "d1") == "SUSPECT");
  auto effects = pass(state, now, milliseconds{500}, {"d1"});
  CHECK(effects.back() == "persist 3 of fresh");
  CHECK(status(state, "d1") == "FAILED");
}

TEST_CASE("a host that is found after it has been given up is told so, and to stop") {
  auto state = running_twice();
  state.connection_broken("d1");
  nanoseconds now{};
  pass(state, now, milliseconds{5'500}, {"d1"});
  CHECK(to_texts(state.connection_restored("d1")) ==
        texts{"stop d1 at once: host d1 failed: it was silent for 5.5 s, longer than "
              "cluster.failover_timeout_ms allows (5 s)"});
  CHECK(status(state, "d1") == "FAILED");
}

TEST_CASE("a host that is out of reach when all are told to stop is told again when it is found") {
  auto state = running_twice();
  state.connection_broken("c");
  texts told;
  for (auto slot : {data0, data1, calc0, exec0})
    for (auto& text : to_texts(state.slot_finished(claim(state, slot))))
      told.push_back(text);
  CHECK(told == texts{"stop d1: the source has ended", "stop d2: the source has ended",
                      "stop c: the source has ended", "stop e: the source has ended"});
  for (auto id : {"d1", "d2", "e"})
    CHECK(state.host_stopped(id).empty());
  CHECK(to_texts(state.connection_restored("c")) ==
        texts{"reattach c", "view to c", "stop c: the source has ended"});
  CHECK(to_texts(state.host_stopped("c")) == texts{"finished 0: the source has ended"});
}

TEST_CASE("a host that is found while all stop is told to stop, and not to begin") {
  auto state = starting();
  state.epoch_persisted(epoch{1});
  state.slot_ready(claim(state, data0));
  state.connection_broken("d");
  CHECK(state.stop_requested("asked to", false).size() == 3);
  CHECK(to_texts(state.connection_restored("d")) ==
        texts{"reattach d", "view to d", "stop d: asked to"}); // its feeds have never run
}

TEST_CASE("a host that is gone is not told to stop, and one that is only given up is") {
  auto state = running_replicated(3, 3);
  publish(state, state.connection_lost("d1"));
  publish(state, state.host_failed("d2", "disk full"));
  CHECK(to_texts(state.stop_requested("results can't be written", true)) ==
        texts{"stop d2 at once: results can't be written",
              "stop d3 at once: results can't be written",
              "stop c at once: results can't be written",
              "stop e at once: results can't be written"});
}

TEST_CASE("a host that has stopped is told nothing more") {
  auto state = running();
  for (auto slot : {data0, calc0, exec0})
    state.slot_finished(claim(state, slot));
  state.host_stopped("d");
  CHECK(state.connection_broken("d").empty());
  CHECK(state.connection_restored("d").empty());
}

TEST_CASE("when all is over nobody is told anything") {
  auto state = running();
  state.host_failed("c", "disk full");
  state.host_stopped("d");
  CHECK(to_texts(state.host_stopped("e")).back().starts_with("finished 1: "));
  for (auto id : {"d", "c", "e"}) {
    CHECK(state.connection_broken(id).empty());
    CHECK(state.connection_restored(id).empty());
    CHECK(state.connection_lost(id).empty());
  }
}

TEST_CASE("a process that joins once more has not heard the answer") {
  auto state = running_twice();
  for (bool is_broken : {false, true}) {
    if (is_broken) state.connection_broken("d1");
    CHECK(to_texts(state.join(again("d1", first))) ==
          texts{"accept d1", "reattach d1", "view to d1", "start feeds of data/0"});
    CHECK(status(state, "d1") == "ACTIVE");
    CHECK(state.view()->number == epoch{2});
  }
  state.connection_broken("c");
  CHECK(to_texts(state.join(make_join("c", {role::calc}, first))) ==
        texts{"accept c", "reattach c", "view to c"});
}

TEST_CASE("a process that joins once more while the cluster forms takes no second seat") {
  cluster_state state{test_options()};
  state.join(make_join("c", {role::calc}, first));
  CHECK(to_texts(state.join(make_join("c", {role::calc}, first))) ==
        texts{"accept c", "reattach c"});
  state.join(make_join("d", {role::data}, first));
  CHECK(last_of(state.join(make_join("e", {role::exec}, first))) == "persist 1 of fresh");
}

TEST_CASE("another process under the id of a host that is well is refused") {
  auto state = running_twice();
  for (std::uint64_t other : {second, std::uint64_t{0}}) {
    auto effects = to_texts(state.join(again("d1", other)));
    REQUIRE(effects.size() == 1);
    CHECK(effects[0].starts_with("refuse d1: a host with the id d1 has joined from"));
  }
  auto unknown = running(); // processes that don't say which they are
  CHECK(last_of(unknown.join(make_join("c", {role::calc}))).starts_with("refuse c: a host with"));
}

TEST_CASE("another process under the id of a host that is out of reach means that it is gone") {
  auto state = running_twice();
  state.connection_broken("d1");
  auto effects = state.join(again("d1", second));
  CHECK(to_texts(effects) ==
        texts{"without host d1 failed: another process has joined under its id",
              "persist 3 of fresh", "accept d1"});
  CHECK(publish(state, effects) ==
        texts{"view 3: data/0=d2-d1 data/1=d2-d1 calc/0=c exec/0=e"}); // its copy is another one
  CHECK(state.view()->find(data1)->replicas[0].since == epoch{3});
  CHECK(status(state, "d1") == "STANDBY");
  CHECK(row_of(state, "d1").failure.empty());
  CHECK(to_texts(state.join(again("d1", second))) ==
        texts{"accept d1", "reattach d1", "view to d1"});
}

TEST_CASE("a process that has joined since the last view is not told what its predecessor had") {
  auto state = running_twice();
  auto effects = state.connection_lost("d1");
  CHECK(to_texts(state.join(again("d1", second))) == texts{"accept d1"}); // the epoch is on its way
  REQUIRE(state.view()->host_of(data0) == "d1");                          // of the other process
  CHECK(to_texts(state.join(again("d1", second))) == texts{"accept d1", "reattach d1"});
  state.connection_broken("d1");
  CHECK(to_texts(state.connection_restored("d1")) == texts{"reattach d1"});
  publish(state, effects);
  CHECK(state.view()->host_of(data0) == "d2");
  CHECK(to_texts(state.connection_restored("d1")) == texts{"reattach d1", "view to d1"});
}

TEST_CASE("where nobody can follow the process that is gone, the cluster fails") {
  auto state = running_twice();
  publish(state, say(state, data0, "d2", false));
  state.connection_broken("d1");
  auto effects = to_texts(state.join(again("d1", second)));
  CHECK(effects.front() == "stop d2 at once: host d1 failed: another process has joined under its "
                           "id; data/0 has no replica in sync");
  CHECK(effects.back().starts_with("refuse d1: host d1 comes too late: the cluster is STOPPING"));
}

TEST_CASE("a request that is refused anyway costs a host that is out of reach nothing") {
  auto wrong_cluster = again("d1", second), other_build = again("d1", second),
       borrowed = again("d1", second);
  wrong_cluster.cluster_name = "prod";
  other_build.build_id = "b2";
  borrowed.is_named = false; // its certificate is another host's
  for (auto& request : {wrong_cluster, other_build, borrowed}) {
    auto state = running_twice();
    state.connection_broken("d1");
    auto effects = to_texts(state.join(request));
    CAPTURE(effects);
    CHECK(effects.size() == 1);
    CHECK(effects.back().starts_with("refuse d1: "));
    CHECK(status(state, "d1") == "ACTIVE");
  }
}

TEST_CASE("a certificate is looked at whenever a process joins") {
  auto state = running_twice();
  auto borrowed = again("d1", first);
  borrowed.is_named = false;
  CHECK(last_of(state.join(borrowed)).starts_with("refuse d1: host d1 shows a certificate"));
}

} // namespace tickmesh::cluster_reach_test
