// What a run leaves whose CSV rows are switched off.
#include "tests/process/cluster_run.hpp"

namespace tickmesh::result_rows_test {

TEST_CASE("a run without rows leaves the same counts and delays, and empty CSV files") {
  scratch_directory with_rows;
  scratch_directory without_rows;
  auto flags = sim_flags(20'000, 20'000, 0);
  auto full = run_embedded(with_rows, flags);
  auto counted = run_embedded(without_rows, flags + arguments{"--set", "results.rows=false"});
  for (auto* key : {"/ticks/accepted", "/factors", "/signals", "/fills"}) {
    CHECK(counted.count(key) > 0);
    CHECK(counted.count(key) == full.count(key));
  }
  CHECK(counted.run.at("delays").at("tick_to_order").at("count") > 0);
  for (auto* name : {"factors.csv", "signals.csv", "orders.csv"}) {
    CHECK(std::ranges::count(full.files.at(name), '\n') > 1);
    CHECK(std::ranges::count(counted.files.at(name), '\n') == 1);
  }
}

} // namespace tickmesh::result_rows_test
