#include "apps/reports/delay_table.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace tickmesh::delay_table_test {

namespace {

using json = nlohmann::ordered_json;

json delay(double p50_us) {
  return {{"p50_us", p50_us},
          {"p90_us", 2 * p50_us},
          {"p99_us", 3 * p50_us},
          {"max_us", 4 * p50_us},
          {"negative", 0}};
}

json run_of(double mark_interval_ms) {
  json processes = json::array();
  processes.push_back({{"merge_mark_interval_ms", mark_interval_ms}});
  return {{"processes", processes},
          {"delays",
           {{"feed_to_calc", delay(500)}, {"calc", delay(10)}, {"tick_to_order", delay(6000)}}}};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a hop's floor is its messages, and half a time mark's interval where it waits for one") {
  auto said = describe_delays(run_of(10), nanoseconds{25'000});
  CHECK_MESSAGE(contains(said, "feed to calc              0.500      1.000      1.500      2.000"
                               "      0.025\n"),
                said);
  CHECK(contains(said, "calc (in to out)          0.010      0.020      0.030      0.040\n"));
  CHECK(contains(said, "24.000      5.050\n"));
  CHECK(contains(said, "floor: 0.025 for each message"));
  CHECK(contains(said, "and 5, half of what lies between two time marks"));
}

TEST_CASE("without time marks to wait for, or without a yardstick, none is told of") {
  auto by_arrival = describe_delays(run_of(0), nanoseconds{25'000});
  CHECK(contains(by_arrival, "24.000      0.050\n"));
  CHECK(!contains(by_arrival, "time marks"));
  CHECK(!contains(describe_delays(run_of(10), std::nullopt), "floor"));
}

} // namespace tickmesh::delay_table_test
