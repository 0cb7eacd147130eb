// Real processes whose connections are cut one by one, that stand still for a while, and that play
// several roles each: nothing freezes, nothing ends, and the results stay the same.
#include "tests/process/undisturbed_run.hpp"
#include "tests/support/process_sockets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <random>

namespace tickmesh::links_test {
using std::chrono::milliseconds;

namespace {

std::vector<std::string> all_hosts() {
  std::vector<std::string> out{"control"};
  for (auto& worker : five_workers)
    out.push_back(worker.id);
  return out;
}

/// The longest that a market of paced(1) may take on a busy machine.
constexpr std::chrono::minutes market_time{3};

void check_ends_well(const scratch_directory& scratch, cluster_run& cluster) {
  cluster.wait_for_success(market_time);
  check_same_bytes(merge_and_read(scratch, cluster.results()), undisturbed_run());
}

/// Every data slot has all its copies; waits for it.
void check_comes_in_sync(cluster_run& cluster) {
  auto is_in_sync = [&] {
    auto now = cluster.status();
    if (!now || now->at("phase") != "RUNNING") return false;
    for (auto& slot : now->at("slots"))
      if (slot.contains("single_copy") && slot.at("single_copy") == true) return false;
    return true;
  };
  CHECK_MESSAGE(wait_until(patience, is_in_sync, milliseconds{50}), cluster.host("control").err());
}

void wait(milliseconds time) {
  auto until = std::chrono::steady_clock::now() + time;
  wait_until(2 * time, [&] { return std::chrono::steady_clock::now() >= until; });
}

/// What by hand is more than `few`.
int count_of(const char* wish, int few) {
  auto* text = std::getenv(wish);
  return text != nullptr ? std::atoi(text) : few;
}

struct pause {
  std::vector<std::string> hosts;
  milliseconds time;
};

/// Of one host or of two at once, for half a second to five.
pause draw_pause(std::mt19937_64& random) {
  auto hosts = all_hosts();
  std::ranges::shuffle(hosts, random);
  hosts.resize(1 + random() % 2);
  return {hosts, milliseconds{500 + static_cast<std::int64_t>(random() % 4'500)}};
}

void check_goes_on_behind(cluster_run& cluster, const pause& drawn) {
  CAPTURE(fmt::format("{} for {} ms", fmt::join(drawn.hosts, " and "), drawn.time.count()));
  for (auto& id : drawn.hosts)
    cluster.host(id).send_signal(SIGSTOP);
  wait(drawn.time);
  for (auto& id : drawn.hosts)
    cluster.host(id).send_signal(SIGCONT);
  check_comes_in_sync(cluster);
}

} // namespace

TEST_CASE("each connection between two hosts that is cut is made again") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(2))};
  cluster.start(five_workers);
  wait_for_ticks(cluster, 1'000);
  auto hosts = all_hosts();
  std::size_t cut = 0;
  for (std::size_t a = 0; a < hosts.size(); ++a)
    for (std::size_t b = a + 1; b < hosts.size(); ++b) {
      auto count = cut_connections(cluster.host(hosts[a]).pid(), cluster.host(hosts[b]).pid());
      cut += count;
      if (count > 0) wait(milliseconds{100});
    }
  CHECK(cut >=
        12); // the control host with all, data with calculation and execution, data with data
  check_comes_in_sync(cluster);
  check_ends_well(scratch, cluster);
}

TEST_CASE("hosts that stand still for a while, alone or in twos, go on") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(paced(1))};
  cluster.start(five_workers);
  wait_for_ticks(cluster, 1'000);
  for (auto& each : std::vector<pause>{{{"data-1"}, milliseconds{1500}},
                                       {{"data-0"}, milliseconds{1100}},
                                       {{"calc-0", "data-1"}, milliseconds{1300}},
                                       {{"exec-0"}, milliseconds{700}},
                                       {{"control", "calc-1"}, milliseconds{900}}})
    check_goes_on_behind(cluster, each);
  check_ends_well(scratch, cluster);
}

// TICKMESH_PAUSES=50 draws as many runs, the first from the seed TICKMESH_PAUSES_FROM.
TEST_CASE("hosts that stand still for up to five seconds go on where that is allowed") {
  auto first = count_of("TICKMESH_PAUSES_FROM", 0);
  for (int seed = first; seed < first + count_of("TICKMESH_PAUSES", 1); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{static_cast<std::uint64_t>(seed)};
    scratch_directory scratch;
    cluster_run cluster{scratch,
                        market(paced(1)) + arguments{"--set", "cluster.failover_timeout_ms=9000",
                                                     "--set", "cluster.drain_timeout_ms=60000"}};
    cluster.start(five_workers);
    wait_for_ticks(cluster, 1'000);
    for (int i = 0; i < 2; ++i)
      check_goes_on_behind(cluster, draw_pause(random));
    check_ends_well(scratch, cluster);
  }
}

TEST_CASE("hosts with several roles start in any order") {
  struct shape {
    std::vector<host_spec> workers;
    int data, calc;
  };
  std::vector<shape> shapes{
      {{{"a", "data,calc,exec"}}, 1, 1},
      {{{"a", "data,calc"}, {"b", "data,calc,exec"}}, 2, 2},
      {{{"a", "data,calc"}, {"b", "data,calc"}, {"c", "data,calc,exec"}}, 3, 3},
      {{{"d", "data,calc"}, {"b", "data,calc"}, {"c", "exec"}, {"a", "data,calc"}}, 3, 3},
      {{{"f", "data,calc"},
        {"e", "data,calc"},
        {"c", "data,calc"},
        {"b", "data,calc"},
        {"a", "data,calc,exec"}},
       5,
       5}};
  auto flags = sim_flags(4'000, 2'000, 0);
  scratch_directory alone;
  auto expected = run_embedded(alone, flags);
  for (auto& [workers, data, calc] : shapes)
    for (int i = 0; i < count_of("TICKMESH_STARTS", 2); ++i) {
      CAPTURE(workers.size());
      scratch_directory scratch;
      auto slots = arguments{"--set", fmt::format("cluster.data_slots={}", data), "--set",
                             fmt::format("cluster.calc_slots={}", calc)};
      check_same_bytes(run_cluster(scratch, flags + slots, workers), expected);
    }
}

} // namespace tickmesh::links_test
