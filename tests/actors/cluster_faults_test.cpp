// Clusters in which something goes wrong, on virtual time: everybody ends, in time, and the reason
// names who is at fault.
#include "tests/support/embedded_cluster.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace tickmesh::cluster_faults_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Five hosts, fed at the pace of 4 s of event time, on a seeded order of jobs.
struct paced_cluster {
  /// Nobody can take a slot over.
  static settings single_copy_settings() {
    auto out = five_host_settings();
    out.cluster.data_replication = 1;
    return out;
  }

  explicit paced_cluster(std::uint64_t seed, std::vector<host_plan> plans = five_hosts(),
                         settings given = paced_settings())
      : fixture(seed), config(given), cluster(fixture, given, small_cluster_source(), plans) {
    begin = fixture.now();
    cluster.start();
  }

  static settings paced_settings() {
    auto out = single_copy_settings();
    out.source.speed = 1;
    return out;
  }

  /// Lets the cluster run for one second of its four.
  void run_into_the_middle() {
    fixture.pass(seconds{1});
    REQUIRE(cluster.status.has_value());
    REQUIRE(cluster.status->phase() == "RUNNING");
  }

  /// All have ended, with the exit code; the coordinator's reason.
  std::string end(int exit_code, std::chrono::nanoseconds limit = seconds{30}) {
    REQUIRE(cluster.run_to_the_end(limit));
    CHECK(cluster.outcome->exit_code == exit_code);
    for (auto& m : cluster.members()) {
      CAPTURE(m->plan.id);
      CHECK(m->outcome->exit_code == exit_code);
    }
    return cluster.outcome->reason;
  }

  nlohmann::json counts(const std::string& host, const std::string& slot) {
    return nlohmann::json::parse(
        cluster.at(host).files->documents.at("slot-" + slot + ".json"))["counts"];
  }

  actor_system_fixture fixture;
  settings config;
  embedded_cluster cluster;
  std::chrono::nanoseconds begin{};
};

/// A host that joins and is never heard of again.
caf::behavior mute_host(caf::event_based_actor* self, caf::actor coordinator, host_join join) {
  wire::ControlMessage message;
  *message.mutable_join() = to_wire(join);
  self->send(coordinator, to_bytes(message));
  return {[](const control_bytes&) {}};
}

} // namespace

TEST_CASE("a slot that fails stops the cluster with a reason that names host, slot and actor") {
  struct planted {
    std::size_t host;
    std::string reason;
    std::string lacking; ///< why the cluster can't go on without the host
  };
  for (auto& fault : std::vector<planted>{
           {1, "host calc-", "has no standby"},
           {3, "host data-a failed: data/0: symbol_stream/", "data/0 has no replica in sync"},
           {0, "host control failed: exec/0: risk_checker crashed once more after 3 restarts",
            "exec/0 has no standby"}})
    for_each_seed(5, [&](std::uint64_t seed) {
      CAPTURE(fault.reason);
      auto plans = five_hosts();
      auto poison = [](const tick& t) {
        if (t.position.value > 2'000) throw std::runtime_error{"planted"};
      };
      auto config = paced_cluster::single_copy_settings();
      config.calc.quarantined_max = 1; // each slot has more symbols, and all have such ticks
      if (fault.host == 1)             // poison for whoever takes the slot over, too
        plans[1].calculator_probe = plans[2].calculator_probe = poison;
      if (fault.host == 3) plans[3].stream_probe = poison;
      if (fault.host == 0)
        plans[0].risk_probe = [](const sequenced_event& event) {
          if (event.number > 2'000) throw std::runtime_error{"planted"};
        };
      paced_cluster run{seed, plans, config};
      auto reason = run.end(1);
      CHECK(reason.starts_with(fault.reason));
      CHECK_MESSAGE(reason.find("planted; ") != std::string::npos, reason);
      CHECK_MESSAGE(reason.ends_with(fault.lacking), reason);
    });
}

TEST_CASE("a tick that always crashes its calculator costs its symbol, and no other row changes") {
  auto run_with = [](std::uint64_t seed, const std::function<void(const tick&)>& probe) {
    auto plans = five_hosts();
    plans[1].calculator_probe = plans[2].calculator_probe = probe;
    paced_cluster run{seed, plans, paced_cluster::single_copy_settings()};
    CHECK(run.end(0) == "the source has ended");
    std::string documents;
    for (auto& m : run.cluster.members())
      for (auto& [name, text] : m->files->documents)
        if (name.starts_with("slot-calc")) documents += text;
    return std::pair{run.cluster.rows(), documents};
  };
  auto [whole, quiet] = run_with(1, {});
  CHECK(quiet.find("QUARANTINE") == std::string::npos);
  auto is_of = [](const std::string& row, const std::string& symbol) {
    return row.find("," + symbol + ",") != std::string::npos;
  };
  for_each_seed(5, [&](std::uint64_t seed) {
    auto id = symbol_id{static_cast<std::uint32_t>(seed % 8)};
    auto symbol = small_cluster_source()->symbols().name(id);
    CAPTURE(symbol);
    auto [rows, documents] = run_with(seed, [id](const tick& t) {
      if (t.symbol == id && t.number.value == 90) throw std::runtime_error{"planted"};
    });
    CHECK_MESSAGE(documents.find(symbol + " is in QUARANTINE from tick 90 (record ") !=
                      std::string::npos,
                  documents);
    CHECK(documents.find("\"quarantined/" + symbol + "\": 90") != std::string::npos);
    for (std::string kind : {"factors", "signals"}) {
      CAPTURE(kind);
      std::vector<std::string> others, expected;
      std::size_t own = 0, of_it = 0;
      for (auto& row : rows[kind])
        is_of(row, symbol) ? void(++own) : others.push_back(row);
      for (auto& row : whole.at(kind))
        is_of(row, symbol) ? void(++of_it) : expected.push_back(row);
      CHECK(others == expected);
      CHECK(own > 0);
      CHECK(own + 5 < of_it);
      CHECK(std::ranges::includes(whole.at(kind), rows[kind]));
    }
    // What it has traded stays: its position is that of its fills, and is told at the end.
    auto sum = [&, &rows = rows](const std::string& kind, std::size_t column) {
      double out = 0;
      for (auto& row : rows[kind]) {
        std::vector<std::string> fields;
        std::istringstream text{row};
        for (std::string field; std::getline(text, field, ',');)
          fields.push_back(field);
        auto volume = std::stod(fields.at(column));
        if (fields.at(1) == symbol) out += fields.at(2) == "SELL" ? -volume : volume;
      }
      return out;
    };
    CHECK(std::ranges::any_of(rows["fills"], [&](auto& row) { return is_of(row, symbol); }));
    CHECK(sum("positions", 3) == sum("fills", 4));
  });
}

TEST_CASE("a host whose connection breaks is named, and the others end") {
  for_each_seed(5, [](std::uint64_t seed) {
    paced_cluster run{seed};
    run.run_into_the_middle();
    auto& lost = run.cluster.at("data-b");
    caf::anon_send_exit(lost.agent, caf::exit_reason::kill);
    for (auto& [slot, handle] : lost.slots)
      caf::anon_send_exit(handle, caf::exit_reason::kill);
    lost.outcome = host_outcome{1, "killed"};
    CHECK(run.end(1) == "host data-b failed: its connection broke; data/1 has no replica in sync");
  });
}

TEST_CASE("a host that answers no ping is named after failover_timeout") {
  for (std::string id : {"data-a", "data-b", "control"})
    for_each_seed(3, [&](std::uint64_t seed) {
      CAPTURE(id);
      paced_cluster run{seed};
      run.run_into_the_middle();
      run.cluster.freeze(id);
      auto& limits = run.config.cluster;
      auto failed = [&] {
        return run.cluster.status->reason().starts_with("host " + id + " failed: it was silent");
      };
      auto frozen_at = run.fixture.now();
      REQUIRE(run.fixture.run_until(failed, seconds{30}));
      auto took = run.fixture.now() - frozen_at;
      CHECK(took > limits.failover_timeout - limits.health_check_interval);
      CHECK(took <= limits.failover_timeout + 3 * limits.health_check_interval);
      run.cluster.thaw(id);
      CHECK(run.end(1).starts_with("host " + id + " failed: it was silent"));
    });
}

TEST_CASE("a host that joins and then says nothing is named after failover_timeout") {
  actor_system_fixture fixture{1};
  auto config = five_host_settings();
  config.cluster.data_slots = 1;
  auto plans = five_hosts();
  plans.resize(3);
  embedded_cluster cluster{fixture, config, small_cluster_source(), plans};
  cluster.start();
  auto join = make_test_join({.id = "mute", .roles = {role::data}}, *small_cluster_source());
  auto begin = fixture.now();
  fixture.spawn(mute_host, cluster.coordinator_handle, join);
  auto failed = [&] { return cluster.status && !cluster.status->reason().empty(); };
  REQUIRE(fixture.run_until(failed, seconds{30}));
  CHECK(cluster.status->reason().starts_with("host mute failed: it was silent for"));
  CHECK(fixture.now() - begin > config.cluster.failover_timeout);
  CHECK(fixture.now() - begin <=
        config.cluster.failover_timeout + 2 * config.cluster.health_check_interval);
  REQUIRE(cluster.run_to_the_end(seconds{90}));
  CHECK(cluster.outcome->exit_code == 1);
}

TEST_CASE("hosts end by themselves when the coordinator is silent") {
  paced_cluster run{4};
  run.run_into_the_middle();
  run.fixture.freeze(run.cluster.coordinator_handle);
  auto all_ended = [&] {
    return std::all_of(run.cluster.members().begin(), run.cluster.members().end(),
                       [](auto& m) { return m->outcome.has_value(); });
  };
  // The silence is noticed, slots and files are closed, and a good-bye is not answered.
  REQUIRE(run.fixture.run_until(all_ended, 3 * run.config.cluster.failover_timeout));
  for (auto& m : run.cluster.members()) {
    CHECK(m->outcome->exit_code == 1);
    CHECK(m->outcome->reason.starts_with("control host control has been silent for"));
    CHECK(m->files->closed == 1);
  }
}

TEST_CASE("a slot that hangs is named by its host although the host answers pings") {
  struct hung {
    std::string id;
    slot_name slot;
    std::string lacking;
  };
  for (auto& [id, slot, lacking] :
       std::vector<hung>{{"control", {role::exec, 0}, "it is the control host"},
                         {"data-a", {role::data, 0}, "data/0 has no replica in sync"}}) {
    CAPTURE(id);
    paced_cluster run{5};
    run.run_into_the_middle();
    auto handle = run.cluster.at(id).slots.at(slot);
    run.fixture.freeze(handle);
    auto failed = [&] { return !run.cluster.status->reason().empty(); };
    REQUIRE(run.fixture.run_until(failed, seconds{20}));
    CHECK(run.cluster.status->reason() == "host " + id + " failed: " + format_slot(slot) +
                                              " has not answered for 2000 ms; " + lacking);
    run.fixture.thaw(handle);
    run.end(1);
  }
}

TEST_CASE("a disk that is full fails the host that it belongs to") {
  paced_cluster run{6};
  run.run_into_the_middle();
  auto& writer = run.cluster.at("data-a").writer;
  caf::anon_send(writer, caf::exit_msg{writer.address(), make_failure("cannot write: disk full")});
  CHECK(run.end(1) == "host data-a failed: cannot write: disk full; data/0 has no replica in sync");
}

TEST_CASE("a stop signal at any host drains the cluster: exit code 0, and nothing is lost") {
  std::size_t stopped = 0;
  for (std::string id : {"control", "calc-b", "data-a"})
    for_each_seed(5, [&](std::uint64_t seed) {
      CAPTURE(id);
      paced_cluster run{seed};
      run.run_into_the_middle();
      caf::anon_send(run.cluster.at(id).agent, stop_signal{"SIGTERM"});
      caf::anon_send(run.cluster.at(id).agent, stop_signal{"SIGTERM"});
      CHECK(run.end(0, seconds{2}) == "SIGTERM at " + id);
      std::uint64_t accepted = 0, signals = 0;
      for (auto part : {"0", "1"}) {
        auto letter = part == std::string{"0"} ? "a" : "b";
        accepted += run.counts(std::string{"data-"} + letter, std::string{"data-"} + part)
                        .at("ticks_accepted")
                        .get<std::uint64_t>();
        signals += run.counts(std::string{"calc-"} + letter, std::string{"calc-"} + part)
                       .at("signals")
                       .get<std::uint64_t>();
      }
      CHECK(accepted >= 500);
      CHECK(accepted <= 2'000);
      CHECK(signals >= 30);
      auto exec = run.counts("control", "exec-0");
      CHECK(exec.at("marks_in") == accepted);
      CHECK(exec.at("signals_in") == signals);
      auto rows = run.cluster.rows();
      CHECK(rows["signals"].size() == signals);
      CHECK(rows["orders"].size() == signals);
      ++stopped;
    });
  CHECK(stopped >= 3);
}

TEST_CASE("a stop signal before the cluster is complete ends the hosts that are there") {
  actor_system_fixture fixture;
  auto plans = five_hosts();
  plans.pop_back();
  embedded_cluster cluster{fixture, five_host_settings(), small_cluster_source(), plans};
  cluster.start();
  fixture.pass(seconds{1});
  caf::anon_send(cluster.at("calc-a").agent, stop_signal{"SIGINT"});
  REQUIRE(cluster.run_to_the_end(seconds{5}));
  CHECK(cluster.outcome->exit_code == 0);
  CHECK(cluster.outcome->reason == "SIGINT at calc-a");
}

TEST_CASE("a cluster that stays incomplete ends after join_timeout and names what is missing") {
  actor_system_fixture fixture;
  auto plans = five_hosts();
  plans.pop_back();
  auto config = five_host_settings();
  embedded_cluster cluster{fixture, config, small_cluster_source(), plans};
  cluster.start();
  fixture.pass(config.cluster.join_timeout - seconds{1});
  CHECK(!cluster.outcome.has_value());
  REQUIRE(cluster.run_to_the_end(seconds{5}));
  CHECK(cluster.outcome->exit_code == 1);
  CHECK(cluster.outcome->reason.starts_with("waited 30 s for data/1; joined: "));
}

TEST_CASE("a slot that hangs while the cluster drains is named after drain_timeout") {
  auto config = paced_cluster::paced_settings();
  config.cluster.drain_timeout = milliseconds{1'000};
  paced_cluster run{8, five_hosts(), config};
  run.run_into_the_middle();
  auto handle = run.cluster.at("control").slots.at({role::exec, 0});
  run.fixture.freeze(handle);
  caf::anon_send(run.cluster.at("control").agent, stop_signal{"SIGTERM"});
  auto failed = [&] { return run.cluster.status->reason().starts_with("waited 1 s for"); };
  REQUIRE(run.fixture.run_until(failed, seconds{5}));
  CHECK(run.cluster.status->reason().find("exec/0 on host control") != std::string::npos);
  REQUIRE(run.cluster.run_to_the_end(seconds{5}));
  CHECK(run.cluster.outcome->exit_code == 1);
  CHECK(run.cluster.at("control").outcome->exit_code == 1);
  CHECK(!run.cluster.at("control").outcome->reason.empty());
}

} // namespace tickmesh::cluster_faults_test
