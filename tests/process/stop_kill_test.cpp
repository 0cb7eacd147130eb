// Processes that die in the middle of an orderly stop: the next start goes on with the results of a
// run that nobody has disturbed.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "tests/process/undisturbed_run.hpp"
#include "tests/support/source_tree.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tickmesh::stop_kill_test {
using std::chrono::milliseconds;

namespace {

/// Rounds per test; TICKMESH_TEST_KILLS raises it.
std::uint64_t rounds(std::uint64_t usual) {
  auto* set = std::getenv("TICKMESH_TEST_KILLS");
  return set != nullptr ? std::stoull(set) : usual;
}

/// A second Ctrl-C, or the service manager's patience is over.
int second_signal(random_numbers& random) {
  return random.below(2) == 0 ? SIGTERM : SIGKILL;
}

/// Waits for up to a random moment of the stop.
void wait_into_stop(random_numbers& random, child_process& process) {
  wait_until(milliseconds{random.below(80)}, [&] { return !process.is_running(); });
}

/// A file of so many ticks that reading it takes a while.
std::string write_long_file(const scratch_directory& scratch) {
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n"};
  for (int i = 0; i < 1'000'000; ++i)
    text += std::to_string(1'704'157'200'000'000'000 + i * 1'000'000LL) +
            ",SIM0001,snapshot,100,1,99,5,101,5\n";
  return scratch.write("ticks.csv", text);
}

/// Whether a process has a file open.
bool has_open(pid_t pid, const std::string& path) {
  std::error_code gone;
  for (auto& entry : std::filesystem::directory_iterator{fmt::format("/proc/{}/fd", pid), gone})
    if (std::filesystem::read_symlink(entry.path(), gone) == path) return true;
  return false;
}

} // namespace

TEST_CASE("a signal while files are read ends the process at once") {
  scratch_directory scratch;
  auto file = write_long_file(scratch);
  for (int number : {SIGTERM, SIGINT}) {
    child_process process{scratch.path(""),
                          "reader",
                          program_under_test(),
                          {"run", "--file", file, "--state-dir", scratch.path("state"), "--results",
                           scratch.path("results")}};
    bool reads = wait_until(
        patience, [&] { return !process.is_running() || has_open(process.pid(), file); },
        milliseconds{1});
    REQUIRE_MESSAGE((reads && process.is_running()), process.err());
    process.send_signal(number);
    CHECK(process.wait() == 128 + number);
    CHECK_MESSAGE(process.err().find("before anything was started") != std::string::npos,
                  process.err());
  }
}

TEST_CASE("a process that dies at any moment of its stop goes on as if nobody had stopped it") {
  for (std::uint64_t seed = 1; seed <= rounds(5); ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    scratch_directory scratch;
    arguments places{"run", "--state-dir", scratch.path("state"), "--results",
                     scratch.path("results")};
    {
      child_process process{scratch.path(""), "first", program_under_test(),
                            places + market(paced(10))};
      auto part = scratch.path("results/parts/local");
      auto wanted = 2'000 + static_cast<std::uint64_t>(random.below(20'000));
      REQUIRE_MESSAGE(wait_until(patience,
                                 [&] {
                                   std::error_code missing;
                                   auto size = std::filesystem::file_size(rows_file(part, "fills"),
                                                                          missing);
                                   return !process.is_running() || (!missing && size > wanted);
                                 }),
                      process.err());
      process.send_signal(SIGTERM);
      wait_into_stop(random, process);
      process.send_signal(second_signal(random));
      process.wait();
    }
    check_same_bytes(run_embedded(scratch, market(0)), undisturbed_run());
  }
}

TEST_CASE("a cluster whose exec or control host dies in the drain goes on in its next life") {
  for (std::uint64_t seed = 1; seed <= rounds(3); ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    scratch_directory scratch;
    {
      cluster_run cluster{scratch, market(paced(10))};
      cluster.start(five_workers);
      cluster.wait_for_orders();
      wait_for_ticks(cluster, 1'000 + static_cast<std::uint64_t>(random.below(20'000)));
      cluster.host("data-0").send_signal(SIGTERM);
      auto& victim = cluster.host(seed % 2 == 0 ? "control" : "exec-0");
      wait_into_stop(random, victim);
      victim.send_signal(SIGKILL);
      cluster.wait_for_all();
    }
    cluster_run second{scratch, market(0)};
    second.start(five_workers);
    second.wait_for_success();
    check_same_bytes(merge_and_read(scratch, second.results()), undisturbed_run());
  }
}

} // namespace tickmesh::stop_kill_test
