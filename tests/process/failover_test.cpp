// Hosts that die in the middle of a run: replicas and standbys go on, and the results stay the
// same.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "tests/process/cluster_run.hpp"

#include <fmt/format.h>

namespace tickmesh::failover_test {
using std::chrono::milliseconds;

namespace {

/// 40 s of a simulated market.
arguments market(double speed) {
  return sim_flags(80'000, 2'000, speed);
}

const merged_run& undisturbed_run() {
  static const merged_run run = [] {
    scratch_directory scratch;
    return run_embedded(scratch, market(0));
  }();
  return run;
}

void check_all_but_end_well(cluster_run& cluster, const std::string& victim,
                            const std::vector<host_spec>& workers = five_workers) {
  for (auto& worker : workers)
    if (worker.id != victim)
      CHECK_MESSAGE(cluster.host(worker.id).wait(patience) == 0, worker.id, ":\n",
                    cluster.host(worker.id).err());
  CHECK_MESSAGE(cluster.host("control").wait(patience) == 0, cluster.host("control").err());
}

const std::vector<host_spec> standby_calc{{"calc-2", "calc"}};

/// Five workers, and a standby for the calculation slots.
void start_with_standby(cluster_run& cluster) {
  cluster.start(standby_calc, {"--standby"});
  cluster.start(five_workers);
}

/// The host that runs a slot by the present view.
std::string host_of(const cluster_run& cluster, const std::string& slot) {
  auto now = cluster.status();
  if (!now) return {};
  for (auto& row : now->at("slots"))
    if (row.at("slot") == slot) return row.at("host_id");
  return {};
}

bool has_replica_in_sync(const cluster_run& cluster, const std::string& slot) {
  auto now = cluster.status();
  if (!now) return false;
  for (auto& row : now->at("slots"))
    if (row.at("slot") == slot)
      return std::ranges::any_of(row.at("replicas"),
                                 [](auto& replica) { return replica.at("in_sync") == true; });
  return false;
}

/// How often hosts are killed; more by hand: TICKMESH_TEST_KILLS=50.
std::uint64_t kills() {
  auto* wish = std::getenv("TICKMESH_TEST_KILLS");
  return wish != nullptr ? std::strtoull(wish, nullptr, 10) : 5;
}

} // namespace

TEST_CASE("a data host that is killed at any moment loses no tick and repeats none") {
  for (std::uint64_t seed = 1; seed <= kills(); ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::string victim = random.below(2) == 0 ? "data-0" : "data-1";
    CAPTURE(victim);
    scratch_directory scratch;
    cluster_run cluster{scratch, market(paced(10))};
    cluster.start(five_workers);
    wait_for_ticks(cluster, 1'000 + static_cast<std::uint64_t>(random.below(40'000)));
    cluster.host(victim).send_signal(SIGKILL);
    check_all_but_end_well(cluster, victim);
    CHECK(cluster.host("control").err().find("the cluster goes on without it") !=
          std::string::npos);
    auto merged = merge_and_read(scratch, cluster.results());
    check_same_bytes(merged, undisturbed_run());
    // The last line of progress counts each tick once, too.
    auto last = fmt::format("STOPPED   hosts 6  ticks {} (", merged.count("/ticks/in"));
    CHECK_MESSAGE(cluster.host("control").err().find(last) != std::string::npos,
                  cluster.host("control").err());
  }
}

TEST_CASE("a data host that hangs is replaced, and shut out when it wakes") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(4)) +
                                   arguments{"--set", "cluster.failover_timeout_ms=4000", "--set",
                                             "cluster.health_check_interval_ms=200"}};
  cluster.start(five_workers);
  wait_for_ticks(cluster, 5'000);
  cluster.host("data-0").send_signal(SIGSTOP);
  bool replaced = wait_until(patience, [&] {
    auto now = cluster.status();
    return now && now->at("slots").dump().find("\"host_id\":\"data-0\"") == std::string::npos;
  });
  CHECK_MESSAGE(replaced, cluster.host("control").err());
  cluster.host("data-0").send_signal(SIGCONT);
  CHECK(cluster.host("data-0").wait(patience) != 0); // deposed: it says so and ends
  check_all_but_end_well(cluster, "data-0");
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

TEST_CASE("a data host that comes back catches up, and may then take over in its turn") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(5))};
  cluster.start(five_workers);
  wait_for_ticks(cluster, 5'000);
  cluster.host("data-1").send_signal(SIGKILL);
  CHECK(cluster.host("data-1").wait() == 128 + SIGKILL);
  cluster.start({{"data-1", "data"}});
  bool in_sync = wait_until(patience, [&] {
    auto now = cluster.status();
    if (!now) return false;
    for (auto& slot : now->at("slots"))
      if (slot.contains("copies_in_sync") && slot.at("copies_in_sync") != 2) return false;
    return now->at("epoch") > 3;
  });
  REQUIRE_MESSAGE(in_sync, cluster.host("control").err());
  cluster.host("data-0").send_signal(SIGKILL);
  check_all_but_end_well(cluster, "data-0");
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

TEST_CASE("a calculation host that is killed at any moment changes no byte of the results") {
  for (std::uint64_t seed = 1; seed <= kills(); ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    std::string victim = random.below(2) == 0 ? "calc-0" : "calc-1";
    bool has_standby = random.below(2) == 0;
    CAPTURE(victim);
    CAPTURE(has_standby);
    scratch_directory scratch;
    cluster_run cluster{scratch, market(paced(10))};
    has_standby ? start_with_standby(cluster) : cluster.start(five_workers);
    wait_for_ticks(cluster, 1'000 + static_cast<std::uint64_t>(random.below(40'000)));
    cluster.host(victim).send_signal(SIGKILL);
    auto workers = five_workers;
    if (has_standby) workers.push_back(standby_calc[0]);
    check_all_but_end_well(cluster, victim, workers);
    CHECK(cluster.host("control").err().find("the cluster goes on without it") !=
          std::string::npos);
    check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
  }
}

TEST_CASE("a calculation host that hangs is replaced by the standby, and shut out when it wakes") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(4)) +
                                   arguments{"--set", "cluster.failover_timeout_ms=4000", "--set",
                                             "cluster.health_check_interval_ms=200"}};
  start_with_standby(cluster);
  wait_for_ticks(cluster, 5'000);
  cluster.host("calc-0").send_signal(SIGSTOP);
  bool replaced = wait_until(patience, [&] { return host_of(cluster, "calc/0") == "calc-2"; });
  CHECK_MESSAGE(replaced, cluster.host("control").err());
  bool given_up = wait_until(patience, [&] {
    return cluster.host("control").err().find("host calc-0 failed") != std::string::npos;
  });
  CHECK_MESSAGE(given_up, cluster.host("control").err());
  cluster.host("calc-0").send_signal(SIGCONT);
  CHECK(cluster.host("calc-0").wait(patience) != 0); // deposed: it says so and ends
  auto workers = five_workers;
  workers.push_back(standby_calc[0]);
  check_all_but_end_well(cluster, "calc-0", workers);
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

TEST_CASE("a calculation host that stands still for a moment goes on as its slot's replica") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(2))};
  start_with_standby(cluster);
  bool in_sync = wait_until(patience, [&] { return has_replica_in_sync(cluster, "calc/0"); });
  REQUIRE_MESSAGE(in_sync, cluster.host("control").err());
  cluster.host("calc-0").send_signal(SIGSTOP);
  bool replaced = wait_until(patience, [&] { return host_of(cluster, "calc/0") == "calc-2"; });
  CHECK_MESSAGE(replaced, cluster.host("control").err());
  cluster.host("calc-0").send_signal(SIGCONT);
  auto workers = five_workers;
  workers.push_back(standby_calc[0]);
  check_all_but_end_well(cluster, "", workers);
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

TEST_CASE(
    "slots go where an operator wants, those of a lost host and those of hosts that are well") {
  scratch_directory scratch;
  cluster_run cluster{scratch,
                      market(paced(3)) + arguments{"--set", "cluster.auto_failover=false"}};
  auto ask = [&](const std::string& slot) {
    return run_tickmesh(scratch, {"failover", slot, "--control", cluster.address()});
  };
  auto wait_for_replicas = [&](const std::string& slot) {
    bool in_sync = wait_until(patience, [&] { return has_replica_in_sync(cluster, slot); });
    REQUIRE_MESSAGE(in_sync, cluster.host("control").err());
  };
  start_with_standby(cluster);
  wait_for_ticks(cluster, 2'000);
  for (std::string slot : {"calc/0", "data/1"}) {
    auto former = host_of(cluster, slot);
    wait_for_replicas(slot);
    auto moved = ask(slot);
    CHECK_MESSAGE(moved.code == 0, moved.out, moved.err);
    CHECK_MESSAGE(moved.out.starts_with(slot + " goes from host " + former + " to host "),
                  moved.out);
    CHECK(wait_until(patience, [&] { return host_of(cluster, slot) != former; }));
  }

  auto victim = host_of(cluster, "calc/1");
  cluster.host(victim).send_signal(SIGKILL);
  auto is_told = [&] {
    auto told = run_tickmesh(scratch, {"status", "--control", cluster.address()});
    return told.out.find("calc/1       WAITS for `tickmesh failover calc/1`: "
                         "cluster.auto_failover is false") != std::string::npos;
  };
  CHECK_MESSAGE(wait_until(patience, is_told), cluster.host("control").err());
  CHECK(host_of(cluster, "calc/1") == victim);
  CHECK(ask("calc/1").code == 0);
  auto refused = ask("exec/0");
  CHECK(refused.code == 1);
  CHECK(refused.out == "REFUSED: exec/0 has no standby\n");
  auto no_slot = ask("calc");
  CHECK(no_slot.code == 2);
  CHECK(no_slot.err ==
        "tickmesh: SLOT = calc: allowed: a slot that status names, such as calc/0\n");
  auto workers = five_workers;
  workers.push_back(standby_calc[0]);
  check_all_but_end_well(cluster, victim, workers);
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

} // namespace tickmesh::failover_test
