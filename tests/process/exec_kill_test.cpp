// An execution host that is killed: the cluster stops, and the next one goes on where its journal
// ends, with the results of a run that nobody has disturbed.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "tests/process/undisturbed_run.hpp"

namespace tickmesh::exec_kill_test {

TEST_CASE("an execution host that is killed at any moment goes on from its journal") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    scratch_directory scratch;
    {
      cluster_run cluster{scratch, market(paced(10))};
      cluster.start(five_workers);
      cluster.wait_for_orders();
      wait_for_ticks(cluster, 1'000 + static_cast<std::uint64_t>(random.below(20'000)));
      cluster.host("exec-0").send_signal(SIGKILL);
      for (auto& [id, code] : cluster.wait_for_all())
        CHECK_MESSAGE(code != 0, id);
    }
    cluster_run second{scratch, market(0)};
    second.start(five_workers);
    second.wait_for_success();
    CHECK(second.host("exec-0").err().find("goes on behind event") != std::string::npos);
    check_same_bytes(merge_and_read(scratch, second.results()), undisturbed_run());
  }
}

} // namespace tickmesh::exec_kill_test
