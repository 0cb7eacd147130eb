// Calculation slots leave a host that is silent for a short time when a replica can take over at
// once, and only then.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::quick_failover_test {

using std::chrono::milliseconds;

namespace {

/// d, c with calc/0, e, and the standby s with its replica, in sync where that is said.
struct quick_run {
  explicit quick_run(bool in_sync = true, bool is_auto = true) {
    auto options = test_options();
    options.settings.auto_failover = is_auto;
    state.emplace(options);
    auto standby = make_join("s", {role::calc});
    standby.is_standby = true;
    state->join(standby);
    state->join(make_join("d", {role::data}));
    state->join(make_join("c", {role::calc}));
    publish(*state, state->join(make_join("e", {role::exec})));
    for (auto slot : {data0, calc0, exec0})
      state->slot_ready(claim(*state, slot));
    if (in_sync) say_in_sync("s");
  }

  void say_in_sync(const std::string& host) { publish(*state, say(*state, calc0, host, true)); }

  /// Every 25 ms those that are to be asked are asked; all but `silent` answer.
  texts pass(milliseconds time, const texts& silent) {
    texts out;
    for (auto end = now + time; now < end;) {
      for (auto& id : state->probed_hosts()) {
        state->probed(id);
        if (std::ranges::find(silent, id) == silent.end()) state->answered(id);
      }
      now += state->probe_interval();
      auto effects = state->advance(now);
      for (auto& text : to_texts(effects))
        out.push_back(text);
      publish(*state, effects);
    }
    return out;
  }
  std::string owner() const { return state->view()->find(calc0)->host_id; }

  std::optional<cluster_state> state;
  nanoseconds now{};
};

} // namespace

TEST_CASE("a calculation slot leaves a silent host for its replica, and the host stays") {
  quick_run run;
  CHECK(run.state->probed_hosts() == texts{"c", "s"});
  CHECK(run.pass(milliseconds{250}, {"c"}).empty());
  CHECK(run.pass(milliseconds{25}, {"c"}) ==
        texts{"moved: calc/0 goes from host c to host s: it was silent for 0.275 s "
              "(cluster.calc_failover_timeout_ms)",
              "persist 3 of fresh"});
  CHECK(run.owner() == "s");
  CHECK(status(*run.state, "c") == "STANDBY");
  auto& replicas = run.state->view()->find(calc0)->replicas;
  REQUIRE(replicas.size() == 1); // it calculates on when it wakes
  CHECK(replicas[0].host_id == "c");
  CHECK(run.state->probed_hosts().empty());
  run.state->slot_ready(claim(*run.state, calc0));
  run.say_in_sync("c");
  run.pass(milliseconds{300}, {"s"});
  CHECK(run.owner() == "c");
}

TEST_CASE("an answer in time keeps a calculation slot where it is") {
  quick_run run;
  for (int i = 0; i < 20; ++i) {
    run.pass(milliseconds{250}, {"c"});
    run.pass(milliseconds{25}, {});
  }
  run.pass(milliseconds{200}, {"c"});
  run.state->pong("c", {}); // a heartbeat is an answer, too
  run.pass(milliseconds{225}, {"c"});
  CHECK(run.owner() == "c");
}

TEST_CASE("a pause of the control host is nobody's silence") {
  quick_run run;
  for (int i = 0; i < 20; ++i) {
    run.pass(milliseconds{100}, {"c"});
    run.now += milliseconds{2'000};
    run.state->advance(run.now);
    run.pass(milliseconds{25}, {});
  }
  CHECK(run.owner() == "c");
}

TEST_CASE("a calculation slot does not go to a host that is silent, too") {
  quick_run run;
  CHECK(run.pass(milliseconds{1'000}, {"c", "s"}).empty());
  CHECK(run.owner() == "c");
}

TEST_CASE("without a replica in sync, and where an operator decides, a short silence is nothing") {
  quick_run behind{false}, by_hand{true, false};
  for (auto* run : {&behind, &by_hand}) {
    CHECK(run->state->probed_hosts().empty());
    CHECK(run->pass(milliseconds{1'000}, {"c"}).empty());
    CHECK(run->owner() == "c");
  }
}

TEST_CASE("a slot whose hosts are silent in turn stays where it is after so many moves") {
  quick_run run;
  for (int i = 0; i < 6; ++i) {
    auto from = run.owner(), to = from == "c" ? std::string{"s"} : std::string{"c"};
    run.pass(milliseconds{300}, {from});
    if (i < 3) CHECK(run.owner() == to);
    run.state->slot_ready(claim(*run.state, calc0));
    run.say_in_sync(run.owner() == "c" ? "s" : "c");
  }
  CHECK(run.owner() == "s");
  CHECK(run.state->waiting_slots().empty()); // its host is there
}

} // namespace tickmesh::quick_failover_test
