// Execution by arrival with simulated brokers outside of the event log, in real processes.
#include "tests/process/cluster_run.hpp"

namespace tickmesh::outside_broker_test {

namespace {

arguments market(std::uint64_t ticks) {
  return sim_flags(ticks, 2'000, 1) + arguments{"--set", "execution.sequencer=arrival",
                                                "--set", "execution.order_lifetime_ms=300",
                                                "--set", "execution.report_timeout_ms=200"};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

bool is_flat(const std::string& positions) {
  auto by_quantity = rows_by(positions, "quantity");
  return by_quantity.empty() || (by_quantity.size() == 1 && by_quantity.contains("0"));
}

} // namespace

TEST_CASE("by arrival, orders go to simulated brokers outside and are filled, on paper") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(10'000)};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  auto status = cluster.status();
  REQUIRE(status);
  CHECK(status->at("trading") == "PAPER");
  auto& sessions = status->at("execution").at("broker_sessions");
  REQUIRE(sessions.size() == 2);
  for (auto& session : sessions)
    CHECK(session.at("step") == "SESSION_UP"); // orders went there
  cluster.wait_for_success();
  auto err = cluster.host("exec-0").err();
  for (auto broker : {"broker ctp: SESSION_UP", "broker ib: SESSION_UP"})
    CHECK_MESSAGE(contains(err, broker), err);
}

TEST_CASE("an execution host that is killed knows its fills, and trades no more with brokers that "
          "have lost theirs") {
  scratch_directory scratch;
  {
    cluster_run cluster{scratch, market(40'000)};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    cluster.host("exec-0").send_signal(SIGKILL);
    cluster.wait_for_all();
  }
  cluster_run second{scratch, market(40'000)};
  second.start(five_workers);
  second.wait_for_success();
  auto err = second.host("exec-0").err();
  CHECK_MESSAGE(contains(err, "goes on behind event"), err);
  merge_and_read(scratch, second.results());
  auto fills = file_text(second.results() + "/fills.csv");
  std::uint64_t count = 0;
  for (auto& [execution, times] : rows_by(fills, "execution_id")) {
    CHECK_MESSAGE(times == 1, execution);
    ++count;
  }
  CHECK(count > 0);
  auto refused = rows_by(file_text(second.results() + "/orders.csv"), "verdict")["NOT_RECONCILED"];
  if (!is_flat(file_text(second.results() + "/positions.csv"))) CHECK(refused > 0);
}

} // namespace tickmesh::outside_broker_test
