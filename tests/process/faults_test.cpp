// Hosts that die, hang or are told to stop in the middle of a run.
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

namespace tickmesh::faults_test {
using std::chrono::milliseconds;

namespace {

milliseconds since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - start);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Takes one host out with a signal: all others must end with a failure that names it.
void check_that_others_fail(cluster_run& cluster, const std::string& victim, milliseconds limit) {
  for (auto& worker : {std::string{"control"}, std::string{"data-0"}, std::string{"data-1"},
                       std::string{"calc-0"}, std::string{"calc-1"}, std::string{"exec-0"}}) {
    if (worker == victim) continue;
    auto code = cluster.host(worker).wait(limit);
    CHECK_MESSAGE((code > 0 && code < 128), worker, " ended with ", code);
    auto named = victim == "control" ? "control host control" : "host " + victim + " failed";
    CHECK_MESSAGE(contains(cluster.host(worker).err(), named), worker, ":\n",
                  cluster.host(worker).err());
  }
}

/// Checks the results of a run that was cut short, and returns them.
void check_stopped_results(const merged_run& run) {
  auto in = run.count("/ticks/in");
  CHECK(in >= 100); // it had begun
  CHECK(in < 12'000'000);
  CHECK(in == run.count("/ticks/accepted") + run.count("/ticks/rejected"));
  CHECK(run.count("/factors") >= 100);
  CHECK(run.count("/fills") >= 1);
  // What was open stays open, for the next life to go on with: nothing is made up at a stop.
  std::uint64_t orders = 0;
  for (auto& [status, count] : run.summary.at("orders").at("by_status").items())
    orders += count.get<std::uint64_t>();
  std::uint64_t rows = 0;
  for (auto& [status, count] : rows_by(run.files.at("orders.csv"), "status"))
    rows += count;
  CHECK(rows == orders);
}

} // namespace

TEST_CASE("when a host without a standby is killed, all others end with a failure that names it") {
  for (std::string victim : {"exec-0", "control"}) {
    CAPTURE(victim);
    scratch_directory scratch;
    // A silence would be noticed much later than the bound: it is the broken connection that
    // counts.
    cluster_run cluster{scratch, endless_sim_flags() +
                                     arguments{"--set", "cluster.failover_timeout_ms=60000"}};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    cluster.host(victim).send_signal(SIGKILL);
    check_that_others_fail(cluster, victim, milliseconds{10'000});
    CHECK(cluster.host(victim).wait() == 128 + SIGKILL);

    auto merged = run_tickmesh(scratch, {"results", "merge", cluster.results()});
    CHECK(merged.code == 1);
    CHECK_MESSAGE(
        contains(merged.err, victim == "control"
                                 ? "the control host's part (with cluster.json) is missing"
                                 : "is missing: it did not finish"),
        merged.err);
  }
}

TEST_CASE("a host that hangs is named once the failover time-out is over") {
  constexpr milliseconds timeout{1'500};
  for (std::string victim : {"exec-0", "control"}) {
    CAPTURE(victim);
    scratch_directory scratch;
    cluster_run cluster{scratch, sim_flags(3'000'000, 40'000, 1) +
                                     arguments{"--set", "cluster.failover_timeout_ms=1500", "--set",
                                               "cluster.health_check_interval_ms=200"}};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    auto stopped = std::chrono::steady_clock::now();
    cluster.host(victim).send_signal(SIGSTOP);
    auto observer = victim == "control" ? "data-0" : "control";
    cluster.host(observer).wait();
    auto noticed = since(stopped);
    CHECK_MESSAGE(noticed.count() >= timeout.count() * 2 / 3, noticed.count(), " ms");
    CHECK_MESSAGE(noticed.count() <= timeout.count() + 6'000, noticed.count(), " ms");
    check_that_others_fail(cluster, victim, milliseconds{5'000});
    CHECK(cluster.host(victim).is_running()); // stopped, not ended
  }
}

TEST_CASE("a control host that was held up is the cause that every host names") {
  scratch_directory scratch;
  cluster_run cluster{scratch, sim_flags(3'000'000, 40'000, 1) +
                                   arguments{"--set", "cluster.failover_timeout_ms=800", "--set",
                                             "cluster.health_check_interval_ms=100"}};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  cluster.host("control").send_signal(SIGSTOP);
  cluster.host("data-1").wait();
  cluster.host("control").send_signal(SIGCONT);
  for (auto& [id, code] : cluster.wait_for_all())
    CHECK_MESSAGE(code == 1, id);
  for (auto& worker : five_workers) {
    auto err = cluster.host(worker.id).err();
    CHECK_MESSAGE(contains(err, "control host"), err);
    for (auto& other : five_workers)
      CHECK_MESSAGE(!contains(err, "host " + other.id + " failed"), err);
  }
  auto err = cluster.host("control").err();
  CHECK_MESSAGE(contains(err, "the control host itself was held up for"), err);
}

TEST_CASE("a signal at any host stops the cluster in order") {
  for (std::string asked : {"data-0", "calc-1", "exec-0", "control"}) {
    CAPTURE(asked);
    scratch_directory scratch;
    cluster_run cluster{scratch, endless_sim_flags()};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    cluster.host(asked).send_signal(SIGTERM);
    cluster.wait_for_success();
    CHECK(contains(cluster.host("control").err(), "SIGTERM at " + asked));
    check_stopped_results(merge_and_read(scratch, cluster.results()));
  }
}

TEST_CASE("a signal stops a run in one process in order") {
  for (int number : {SIGTERM, SIGINT}) {
    CAPTURE(number);
    scratch_directory scratch;
    child_process process{scratch.path(""), "embedded", program_under_test(),
                          arguments{"run", "--state-dir", scratch.path("state"), "--results",
                                    scratch.path("results")} +
                              endless_sim_flags()};
    auto part = scratch.path("results/parts/local");
    bool trades = wait_until(patience, [&] {
      std::error_code missing;
      auto size = std::filesystem::file_size(rows_file(part, "fills"), missing);
      return !process.is_running() || (!missing && size > 4'096);
    });
    REQUIRE_MESSAGE((trades && process.is_running()), process.err());
    process.send_signal(number);
    CHECK_MESSAGE(process.wait() == 0, process.err());
    CHECK(contains(process.out(), number == SIGTERM ? "SIGTERM" : "SIGINT"));
    check_stopped_results(read_results(scratch.path("results")));
  }
}

TEST_CASE("a second signal ends a process that waits for an orderly stop") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags() +
                                   arguments{"--set", "cluster.failover_timeout_ms=60000"}};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  cluster.host("exec-0").send_signal(SIGSTOP); // the stop can't complete without it
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_phase("DRAINING");
  CHECK(cluster.host("control").is_running());
  cluster.host("control").send_signal(SIGTERM);
  CHECK(cluster.host("control").wait(milliseconds{5'000}) == 128 + SIGTERM);
}

} // namespace tickmesh::faults_test
