// Who may join a cluster, which slots hosts get, and how a host that joined is shown.
#include "actors/control/cluster/cluster_state.hpp"
#include "tests/support/cluster_hosts.hpp"

#include <doctest/doctest.h>

namespace tickmesh::cluster_join_test {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

bool is_refused(const cluster_effects& effects, std::string_view part) {
  auto all = to_texts(effects);
  CAPTURE(all);
  REQUIRE(all.size() == 1);
  INFO(all[0]);
  bool refused = all[0].starts_with("refuse ") && all[0].find(part) != std::string::npos;
  CHECK(refused);
  return refused;
}

} // namespace

TEST_CASE("one host may hold a slot of each role") {
  cluster_state state{test_options()};
  CHECK(
      to_texts(state.join(make_join("all", {role::data, role::calc, role::exec, role::control}))) ==
      texts{"accept all", "persist 1 of fresh"});
  CHECK(to_texts(state.epoch_persisted(epoch{1})) ==
        texts{"view 1: data/0=all calc/0=all exec/0=all"});
}

TEST_CASE("hosts take slots by id, whatever the order in which they join") {
  for (auto order : {texts{"a", "b", "c"}, texts{"c", "a", "b"}, texts{"b", "c", "a"}}) {
    auto wanted = test_options();
    wanted.settings.calc_slots = 3;
    cluster_state state{wanted};
    state.join(make_join("x", {role::data, role::exec}));
    for (auto& id : order)
      state.join(make_join(id, {role::calc}));
    CHECK(to_texts(state.epoch_persisted(epoch{1})) ==
          texts{"view 1: data/0=x calc/0=a calc/1=b calc/2=c exec/0=x"});
  }
}

TEST_CASE("the epoch is above the store's and above what any host has seen") {
  auto start = test_options();
  start.stored = {"home", epoch{4}};
  cluster_state state{start};
  auto seen = make_join("all", {role::data, role::calc, role::exec});
  seen.seen = {"home", epoch{9}};
  CHECK(to_texts(state.join(seen)) == texts{"accept all", "persist 10 of home"});
}

TEST_CASE("a host of another cluster or of a lost store is refused until the operator recovers") {
  auto foreign = make_join("all", {role::data, role::calc, role::exec});
  foreign.seen = {"other", epoch{9}};
  auto start = test_options();
  is_refused(cluster_state{start}.join(foreign), "store is empty");
  start.recover = true;
  CHECK(to_texts(cluster_state{start}.join(foreign)) == texts{"accept all", "persist 10 of other"});
  start.stored = {"home", epoch{4}};
  CHECK(to_texts(cluster_state{start}.join(foreign)) == texts{"accept all", "persist 10 of home"});
  start.recover = false;
  is_refused(cluster_state{start}.join(foreign), "belongs to cluster other (epoch 9)");
}

TEST_CASE("a host whose certificate has another name is refused") {
  cluster_state state{test_options()};
  auto borrowed = make_join("all", {role::data, role::calc, role::exec});
  borrowed.is_named = false;
  CHECK(is_refused(state.join(borrowed),
                   "host all shows a certificate that does not have that name"));
}

TEST_CASE("a host that differs is refused with both values") {
  cluster_state state{test_options()};
  auto other = make_join("x", {role::calc});
  other.cluster_name = "prod";
  is_refused(state.join(other), "the cluster prod, but this is the cluster test");
  other = make_join("x", {role::calc});
  other.schema_hash = 0xdef;
  is_refused(state.join(other), "schema 0000000000000def, the coordinator 0000000000000abc");
  other = make_join("x", {role::calc});
  other.build_id = "b2";
  is_refused(state.join(other), "build b2, the coordinator b1");
}

TEST_CASE("data hosts with different sources are refused with both names") {
  cluster_state state{test_options(2)};
  state.join(make_join("d1", {role::data}));
  auto other = make_join("d2", {role::data});
  other.symbols = {"AP101", "ru1901"};
  is_refused(state.join(other), "hosts d1 and d2 differ: 2 and 2 symbols");
  other = make_join("d2", {role::data});
  other.source_fingerprint = 8;
  is_refused(state.join(other),
             "hosts d1 and d2 differ: fingerprints 0000000000000007 and 0000000000000008");
  CHECK(to_texts(state.join(make_join("d2", {role::data}))) == texts{"accept d2"});
}

TEST_CASE("a second host of one id is refused while the first is alive") {
  cluster_state state{test_options()};
  state.join(make_join("c", {role::calc}));
  is_refused(state.join(make_join("c", {role::exec})), "a host with the id c has joined from");
  CHECK(state.connection_lost("c").empty());
  CHECK(status(state, "c") == "FAILED");
  CHECK(to_texts(state.join(make_join("c", {role::exec}))) == texts{"accept c"});
  CHECK(status(state, "c") == "JOINING");
}

TEST_CASE("a host too many hears of standbys, and one too late that it can't be one") {
  cluster_state state{test_options()};
  state.join(make_join("c1", {role::calc}));
  is_refused(state.join(make_join("c2", {role::calc})),
             "host c2 (calc) is one too many: every slot of its roles has a host; start it as a "
             "standby (--standby)");
  auto run = running();
  is_refused(run.join(make_join("e2", {role::exec})), "comes too late: the cluster is RUNNING, "
                                                      "where only a host with the roles data or "
                                                      "calc may join");
}

TEST_CASE("a live source's data slots stay with the hosts that had them last") {
  auto start_with = [](std::vector<std::string> owners, bool keeps_owners = true) {
    auto options = test_options(3);
    options.stored = {"fresh", epoch{7}, std::move(owners)};
    options.keeps_data_owners = keeps_owners;
    cluster_state state{options};
    for (auto* id : {"d1", "d2", "d3"})
      state.join(make_join(id, {role::data}));
    state.join(make_join("c", {role::calc}));
    auto view = publish(state, state.join(make_join("e", {role::exec}))).at(0);
    std::string out;
    for (std::uint16_t i = 0; i < 3; ++i)
      out += state.view()->find({role::data, i})->host_id + " ";
    return out;
  };
  CHECK(start_with({"d2", "d3", "d1"}) == "d2 d3 d1 ");
  CHECK(start_with({"d3", "d3", "d1"}) == "d3 d3 d1 "); // d2 keeps replicas
  CHECK(start_with({"gone", "d1", "gone"}) == "d2 d1 d3 ");
  CHECK(start_with({"d2", "d1"}) == "d1 d2 d3 "); // of another number of slots
  CHECK(start_with({}) == "d1 d2 d3 ");
  CHECK(start_with({"d2", "d3", "d1"}, false) == "d1 d2 d3 ");
}

TEST_CASE("an owner is stored before the view that makes it one is out") {
  auto state = running_replicated(2);
  auto first = state.replica_state(claim(state, data0), {"d2", false, epoch{1}});
  REQUIRE(to_texts(first) == texts{"persist 3 of fresh"});
  CHECK(std::get<effect::persist_epoch>(first[0]).value.data_owners == texts{"d1", "d2"});
  state.connection_lost("d2"); // before that is stored
  auto again = state.epoch_persisted(epoch{3});
  REQUIRE(to_texts(again) == texts{"persist 3 of fresh"});
  CHECK(std::get<effect::persist_epoch>(again[0]).value.data_owners == texts{"d1", "d1"});
  CHECK(to_texts(state.epoch_persisted(epoch{3})).at(0).starts_with("view 3: data/0=d1 data/1=d1"));
}

TEST_CASE("missing slots are named when the time to join is over") {
  auto start = test_options(2);
  start.settings.calc_slots = 2;
  start.now = seconds{100};
  cluster_state state{start};
  state.join(make_join("data-1", {role::data}));
  state.join(make_join("calc-1", {role::calc}));
  state.join(make_join("exec-1", {role::exec}));
  auto other = make_join("data-2", {role::data});
  other.build_id = "b2";
  state.join(other);
  nanoseconds now = start.now;
  CHECK(pass(state, now, milliseconds{29'500}) == texts{});
  auto last = pass(state, now, milliseconds{500});
  REQUIRE(last.size() == 3);
  CHECK(last[0] == "stop data-1 at once: waited 30 s for data/1, calc/1; joined: calc-1 (calc), "
                   "data-1 (data), exec-1 (exec); refused: host data-2 runs build b2, the "
                   "coordinator b1; run the same program on all hosts");
  state.host_stopped("data-1");
  state.host_stopped("calc-1");
  CHECK(to_texts(state.host_stopped("exec-1")).at(0).starts_with("finished 1: waited 30 s for"));
}

TEST_CASE("a cluster that nobody joins ends by itself") {
  cluster_state state{test_options()};
  CHECK(to_texts(state.advance(seconds{31})) ==
        texts{"finished 1: waited 30 s for data/0, calc/0, exec/0; joined: none"});
}

TEST_CASE("a host that dies while the cluster forms makes room for another") {
  cluster_state state{test_options()};
  state.join(make_join("c1", {role::calc}));
  nanoseconds now{};
  CHECK(pass(state, now, milliseconds{5'500}, {"c1"}) ==
        texts{"stop c1 at once: host c1 failed: it was silent for 5.5 s, longer than "
              "cluster.failover_timeout_ms allows (5 s)"});
  CHECK(to_texts(state.join(make_join("c2", {role::calc}))) == texts{"accept c2"});
}

TEST_CASE("a row of the registry shows what was measured and nothing else") {
  cluster_state state{test_options()};
  auto request = make_join("c", {role::calc, role::control});
  request.boot_id = "boot";
  state.join(request);
  auto row = state.registry().at(0);
  CHECK(row.node_id == "c");
  CHECK(row.node_type == "calc+control");
  CHECK(row.host == "127.0.0.1");
  CHECK(row.port == 4000);
  CHECK(row.boot_id == "boot");
  CHECK_FALSE(row.last_heartbeat);
  CHECK_FALSE(row.load_score);
  CHECK_FALSE(row.response_time);

  state.advance(seconds{1});
  host_measurement measured;
  measured.response_time = milliseconds{3};
  state.pong("c", measured); // its machine did not tell its memory
  row = state.registry().at(0);
  CHECK(row.last_heartbeat == seconds{1});
  CHECK(row.response_time == milliseconds{3});
  CHECK_FALSE(row.load_score);

  measured.memory_share = 0.5;
  measured.queued_ticks = 2'500;
  measured.counters["ticks_in"] = 4;
  state.pong("c", measured);
  row = state.registry().at(0);
  CHECK(*row.load_score == doctest::Approx(0.4 * 0.5 + 0.6 * 0.25));
  CHECK(row.counters.at("ticks_in") == 4);
  measured.queued_ticks = 1'000'000;
  CHECK(*load_score(measured) == doctest::Approx(0.4 * 0.5 + 0.6));
  CHECK(state.address_of("c") == endpoint{"127.0.0.1", 4000});
  CHECK_FALSE(state.address_of("nobody"));
}

} // namespace tickmesh::cluster_join_test
