// Calculation slots whose host is lost, or that can't go on there: a standby begins them anew, or
// whoever else offers the role.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

#include <utility>

namespace tickmesh::adoption_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr slot_name calc1{role::calc, 1};

host_join standby(const std::string& id, const std::set<role>& roles) {
  auto out = make_join(id, roles);
  out.is_standby = true;
  return out;
}

/// d, c1 and c2 with a calculation slot each, e; and these standbys.
cluster_state running_with(const std::vector<host_join>& standbys, std::uint16_t calc_copies = 2) {
  auto options = test_options(1);
  options.settings.calc_replication = calc_copies;
  options.settings.calc_slots = 2;
  cluster_state state{options};
  for (auto& join : standbys)
    CHECK(to_texts(state.join(join)) == texts{"accept " + join.host_id});
  state.join(make_join("d", {role::data}));
  state.join(make_join("c1", {role::calc}));
  state.join(make_join("c2", {role::calc}));
  publish(state, state.join(make_join("e", {role::exec})));
  for (auto slot : {data0, calc0, calc1, exec0})
    state.slot_ready(claim(state, slot));
  REQUIRE(state.phase() == cluster_phase::running);
  return state;
}

std::string host_of(const cluster_state& state, slot_name slot) {
  return state.view()->find(slot)->host_id;
}

/// Another host's process, under another id where that is lost.
void lose(cluster_state& state, const std::string& id) {
  publish(state, state.connection_lost(id));
}

} // namespace

TEST_CASE("a standby gets no slot when the cluster is formed, and that of a lost host then") {
  auto state = running_with({standby("a", {role::calc})});
  CHECK(status(state, "a") == "STANDBY");
  CHECK(host_of(state, calc0) == "c1");
  auto former = claim(state, calc0);
  auto effects = state.connection_lost("c1");
  CHECK(to_texts(effects) ==
        texts{"without host c1 failed: its connection broke", "persist 2 of fresh"});
  CHECK(publish(state, effects) == texts{"view 2: data/0=d calc/0=a calc/1=c2-a exec/0=e"});
  CHECK(state.view()->find(calc0)->since == epoch{2});
  CHECK(status(state, "a") == "JOINING");
  CHECK(state.slot_ready(former).empty());
  CHECK(state.slot_ready(claim(state, calc0)).empty()); // it has no feeds to be started
  CHECK(status(state, "a") == "ACTIVE");
}

TEST_CASE("without a standby the host with the fewest slots takes it, and of these the idlest") {
  auto state = running_with({});
  lose(state, "c1");
  CHECK(host_of(state, calc0) == "c2");
  lose(state, "c2");
  CHECK(state.reason() == "host c2 failed: its connection broke; calc/0 has no standby");

  auto two = running_with({standby("a", {role::calc}), standby("b", {role::calc})}, 1);
  host_measurement busy, idle;
  busy.memory_share = 0.9;
  idle.memory_share = 0.1;
  two.pong("a", busy);
  two.pong("b", idle);
  lose(two, "c1");
  CHECK(host_of(two, calc0) == "b");
  lose(two, "c2");
  CHECK(host_of(two, calc1) == "a");
  lose(two, "a");
  CHECK(host_of(two, calc1) == "b");
  CHECK(host_of(two, calc0) == "b");
}

TEST_CASE("a replica that is behind takes over before a host that would begin anew") {
  auto state = running_with({standby("a", {role::calc}), standby("b", {role::calc})});
  auto& replicas = state.view()->find(calc0)->replicas;
  REQUIRE(replicas.size() == 1);
  REQUIRE_FALSE(replicas[0].in_sync);
  auto holder = replicas[0].host_id;
  host_measurement idle;
  idle.memory_share = 0.1;
  state.pong(holder == "a" ? "b" : "a", idle);
  lose(state, "c1");
  CHECK(host_of(state, calc0) == holder);
}

TEST_CASE("a host that is suspect, or out of reach, is not chosen before others") {
  auto state = running_with({standby("a", {role::calc})});
  CHECK(state.connection_broken("a").empty());
  lose(state, "c1");
  CHECK(host_of(state, calc0) == "c2");

  auto silent = running_with({standby("a", {role::calc})});
  nanoseconds now{};
  pass(silent, now, milliseconds{3'000}, {"a"});
  REQUIRE(status(silent, "a") == "SUSPECT");
  lose(silent, "c1");
  CHECK(host_of(silent, calc0) == "c2");
}

TEST_CASE("a calculation slot that fails goes to each host once") {
  auto state = running_with({standby("a", {role::calc})});
  auto fail = [&state] {
    auto effects = state.slot_failed(claim(state, calc0), "a poison tick");
    publish(state, effects);
    return to_texts(effects).at(0);
  };
  CHECK(fail() == "given up: calc/0 failed on host c1: a poison tick");
  CHECK(host_of(state, calc0) == "a");
  CHECK(fail() == "given up: calc/0 failed on host a: a poison tick");
  CHECK(host_of(state, calc0) == "c2");
  CHECK(fail().ends_with("host c2 failed: calc/0: a poison tick; calc/0 has no standby"));
}

TEST_CASE("a slot that ends its hosts one after the other waits for an operator") {
  std::vector<host_join> standbys;
  for (auto* id : {"s1", "s2", "s3", "s4", "s5"})
    standbys.push_back(standby(id, {role::calc}));
  auto state = running_with(standbys);
  for (int i = 0; i < 3; ++i) {
    auto host = host_of(state, calc0);
    lose(state, host);
    REQUIRE(host_of(state, calc0) != host);
    state.slot_ready(claim(state, calc0));
  }
  auto last = host_of(state, calc0);
  lose(state, last);
  CHECK(state.phase() == cluster_phase::running);
  CHECK(state.waiting_slots() ==
        std::map<slot_name, std::string>{
            {calc0, "it was handed over 3 times within 10 s (cluster.max_retry_attempts, "
                    "cluster.retry_period_ms)"}});
  auto effects = state.failover_requested(calc0);
  CHECK(to_texts(effects).at(0) == "done: calc/0 goes from host " + last + " to host s5");
  publish(state, effects);
  CHECK(host_of(state, calc0) == "s5");
  CHECK(state.waiting_slots().empty());

  auto slow = running_with(standbys);
  nanoseconds now{};
  for (int i = 0; i < 4; ++i) { // but not one that ends them now and then
    pass(slow, now, milliseconds{5'500}, {});
    lose(slow, host_of(slow, calc0));
  }
  CHECK(slow.reason().empty());
}

TEST_CASE("a replica that came to another state begins again, on the same host where it must") {
  auto state = running_with({standby("a", {role::calc})});
  auto fail = [&] {
    auto effects = state.replica_failed(replica_claim(state, calc0, "a"), "another state", true);
    auto view = publish(state, effects);
    return texts{to_texts(effects).front(), view.front()};
  };
  auto max = cluster_settings{}.max_retry_attempts;
  REQUIRE(max == 3);
  for (std::uint64_t number = 2; number <= 1 + max; ++number) {
    CHECK(fail() ==
          texts{"given up: the replica of calc/0 failed on host a and begins again: "
                "another state",
                fmt::format("view {}: data/0=d calc/0=c1-a calc/1=c2-a exec/0=e", number)});
    CHECK(state.view()->find(calc0)->replicas.front().since == epoch{number});
    CHECK(state.view()->find(calc1)->replicas.front().since == epoch{1});
    CHECK(row_of(state, "a").slot_failures == texts{"calc/0: another state"});
  }
  // Too often within cluster.retry_period_ms: the host is not chosen again before it joins again.
  CHECK(fail() == texts{"given up: the replica of calc/0 failed on host a: another state",
                        "view 5: data/0=d calc/0=c1 calc/1=c2-a exec/0=e"});
  CHECK(row_of(state, "a").slot_failures == texts{"calc/0: another state"});
  // One that comes back is as good as any other.
  lose(state, "a");
  auto back = standby("a", {role::calc});
  back.seen = {"fresh", epoch{5}};
  publish(state, state.join(back));
  CHECK(row_of(state, "a").slot_failures.empty());
  CHECK(state.view()->find(calc0)->replicas.size() == 1);
}

TEST_CASE("a replica that begins again now and then does so without end") {
  auto state = running_with({standby("a", {role::calc})});
  nanoseconds now{};
  for (int i = 0; i < 12; ++i) {
    publish(state, state.replica_failed(replica_claim(state, calc0, "a"), "another state", true));
    REQUIRE(state.view()->find(calc0)->replicas.size() == 1);
    pass(state, now, cluster_settings{}.retry_period / 2);
  }
}

TEST_CASE("who joins a running cluster with the role calc is a standby") {
  auto state = running_with({});
  auto late = make_join("late", {role::calc});
  late.seen = {"fresh", epoch{1}};
  auto joined = state.join(late);
  CHECK(to_texts(joined).at(0) == "accept late");
  publish(state, joined);
  CHECK(status(state, "late") == "STANDBY");
  lose(state, "c1");
  CHECK(host_of(state, calc0) == "late");
  auto back = make_join("c1", {role::calc});
  back.seen = {"fresh", epoch{1}};
  back.seen.number = epoch{3};
  joined = state.join(back);
  CHECK(to_texts(joined).at(0) == "accept c1");
  publish(state, joined);
  lose(state, "late");
  CHECK(host_of(state, calc0) == "c1");
}

TEST_CASE("who comes when all slots have just got their hosts is a standby, too") {
  auto options = test_options(1);
  cluster_state state{options};
  state.join(make_join("d", {role::data}));
  state.join(make_join("c", {role::calc}));
  auto formed = state.join(make_join("e", {role::exec}));
  CHECK(to_texts(state.join(standby("a", {role::calc, role::data}))) == texts{"accept a"});
  CHECK(publish(state, formed) == texts{"view 1: data/0=d-a calc/0=c-a exec/0=e"});
  auto later = state.join(standby("b", {role::calc}));
  CHECK(to_texts(later) == texts{"accept b", "persist 2 of fresh"});
  publish(state, later);
  lose(state, "c");
  CHECK(host_of(state, calc0) == "a"); // it has calculated all along
}

TEST_CASE("a standby with the role data keeps a replica from the start") {
  auto options = test_options(1);
  cluster_state state{options};
  state.join(standby("a", {role::data}));
  state.join(make_join("d", {role::data}));
  state.join(make_join("c", {role::calc}));
  CHECK(publish(state, state.join(make_join("e", {role::exec}))) ==
        texts{"view 1: data/0=d-a calc/0=c exec/0=e"});
}

TEST_CASE("a host that could take nothing over is no standby") {
  cluster_state state{test_options()};
  CHECK(to_texts(state.join(standby("x", {role::exec}))) ==
        texts{"refuse x: host x (exec) can't be a standby; allowed: hosts with the roles data or "
              "calc"});
}

TEST_CASE("a slot that is handed over while the cluster drains begins again there") {
  auto state = running_with({standby("a", {role::calc})});
  state.stop_requested("asked to", false);
  for (auto slot : {data0, calc0, calc1})
    CHECK(state.slot_finished(claim(state, slot)).empty());
  lose(state, "c1");
  CHECK(state.phase() == cluster_phase::draining);
  CHECK(state.slot_finished(claim(state, exec0)).empty());
  CHECK(to_texts(state.slot_finished(claim(state, calc0))).at(0).starts_with("stop "));
}

} // namespace tickmesh::adoption_test
