// What a run leaves whose CSV rows are switched off.
#include "tests/process/cluster_run.hpp"

namespace tickmesh::result_rows_test {

TEST_CASE("a run without rows leaves the same counts, profit and delays") {
  scratch_directory with_rows;
  scratch_directory without_rows;
  auto flags = sim_flags(20'000, 20'000, 0);
  auto full = run_embedded(with_rows, flags);
  auto run = run_tickmesh(without_rows,
                          arguments{"run", "--state-dir", without_rows.path("state"), "--results",
                                    without_rows.path("results"), "--set", "results.rows=false"} +
                              flags);
  REQUIRE_MESSAGE(run.code == 0, run.err);
  auto read = [&](const char* name) {
    return nlohmann::json::parse(file_text(without_rows.path("results/") + name));
  };
  auto counted = read("summary.json");
  for (auto* key : {"factors", "signals", "fills"})
    CHECK(counted.at(key).get<std::uint64_t>() > 0);
  CHECK(counted.at("pnl").at("total") != "0");
  auto& rows = counted.at("rows");
  CHECK(rows.at("positions") == full.summary.at("rows").at("positions"));
  for (auto* name : {"factors", "signals", "orders", "fills", "pnl", "bars", "ticks_rejected"}) {
    CHECK(full.count(std::string{"/rows/"} + name) > 0);
    CHECK(rows.at(name) == 0);
    auto path = without_rows.path("results/" + std::string{name} + ".csv");
    CHECK_FALSE(std::filesystem::exists(path));
  }
  rows = full.summary.at("rows");
  CHECK(counted == full.summary);
  CHECK(read("run.json").at("delays").at("tick_to_order").at("count") > 0);
}

} // namespace tickmesh::result_rows_test
