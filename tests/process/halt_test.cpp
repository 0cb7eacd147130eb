// What operators tell a running cluster, as they do: with the program, through the control host or
// straight at the execution host.
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

#include <fstream>

namespace tickmesh::halt_test {

namespace {

using nlohmann::json;

/// Waits until the execution slot says so of itself.
template <class Condition>
json wait_for_execution(const cluster_run& cluster, Condition condition) {
  json last;
  bool reached = wait_until(patience, [&] {
    auto status = cluster.status();
    if (status) last = status->at("execution");
    return status && condition(last);
  });
  REQUIRE_MESSAGE(reached, last.dump(2));
  return last;
}

std::uint64_t verdicts(const json& execution, const char* name) {
  return execution.at("orders_by_verdict").value(name, std::uint64_t{0});
}

/// The commands that the only journal holds.
json audit_of(const scratch_directory& scratch) {
  auto flags = endless_sim_flags();
  auto speed = std::find(flags.begin(), flags.end(), "--speed"); // a flag of `run` alone
  REQUIRE(speed != flags.end());
  flags.erase(speed, speed + 2);
  auto audit = run_tickmesh(
      scratch, arguments{"audit", "--json", "--state-dir", scratch.path("state")} + flags);
  REQUIRE_MESSAGE(audit.code == 0, audit.err);
  auto journals = json::parse(audit.out).at("journals");
  REQUIRE(journals.size() == 1);
  return journals.at(0).at("commands");
}

/// Waits until orders are refused for the halt; how many were ever approved.
std::uint64_t approved_when_halted(const cluster_run& cluster) {
  auto halted = wait_for_execution(cluster, [](auto& execution) {
    return execution.at("trading_state") == "HALTED" && verdicts(execution, "TRADING_HALTED") > 0;
  });
  return verdicts(halted, "APPROVED");
}

std::string address_of(const scratch_directory& scratch, const std::string& host) {
  auto text = file_text(scratch.path(host + ".address"));
  text.pop_back(); // the line break
  return text;
}

} // namespace

TEST_CASE("a halt outlives the execution host's death and needs a reason to end") {
  scratch_directory scratch;
  std::uint64_t approved = 0;
  {
    cluster_run cluster{scratch, endless_sim_flags()};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    auto halt =
        run_tickmesh(scratch, {"halt", "--control", cluster.address(), "--reason", "drill"});
    CHECK_MESSAGE(halt.code == 0, halt.err);
    CHECK(halt.out.find("exec/0 at " + address_of(scratch, "exec-0") + ": HALTED") == 0);
    approved = approved_when_halted(cluster);
    cluster.host("exec-0").send_signal(SIGKILL);
    cluster.wait_for_all();
  }
  cluster_run second{scratch, endless_sim_flags()};
  second.start(five_workers);
  CHECK(approved_when_halted(second) == approved);
  auto status = second.status()->at("execution");
  CHECK(status.at("trading_reason") == "drill");
  CHECK(status.at("trading_set_by").get<std::string>().find('@') != std::string::npos);

  auto exec = address_of(scratch, "exec-0");
  CHECK(run_tickmesh(scratch, {"resume", "--exec", exec}).code == 2);
  CHECK(run_tickmesh(scratch, {"resume", "--exec", exec, "--reason", ""}).code == 1);
  CHECK(approved_when_halted(second) == approved);
  auto resume = run_tickmesh(scratch, {"resume", "--exec", exec, "--reason", "over", "--json"});
  CHECK_MESSAGE(resume.code == 0, resume.err);
  CHECK(json::parse(resume.out).at(0).at("done") == true);
  wait_for_execution(second, [&](auto& execution) {
    return execution.at("trading_state") == "ACTIVE" && verdicts(execution, "APPROVED") > approved;
  });
  second.host("control").send_signal(SIGTERM);
  second.wait_for_success();

  auto commands = audit_of(scratch);
  REQUIRE(commands.size() == 3);
  CHECK(commands.at(0).at("action") == "halt");
  CHECK(commands.at(0).at("reason") == "drill");
  CHECK(commands.at(0).at("who") == status.at("trading_set_by"));
  CHECK(commands.at(0).at("done") == true);
  CHECK(commands.at(1).at("done") == false); // without a reason
  CHECK(commands.at(2).at("action") == "resume");
  CHECK(commands.at(2).at("reason") == "over");
  CHECK(commands.at(0).at("asked") < commands.at(2).at("asked"));
}

TEST_CASE("a run that is halted when it ends is followed by one that begins halted") {
  scratch_directory scratch;
  {
    cluster_run cluster{scratch, endless_sim_flags()};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    auto halt = run_tickmesh(scratch, {"halt", "--control", cluster.address(), "--cancel-all"});
    CHECK_MESSAGE(halt.code == 0, halt.err);
    wait_for_execution(cluster, [](auto& execution) {
      auto& by_status = execution.at("orders_by_status");
      return by_status.at("PendingNew") == 0 && by_status.at("New") == 0 &&
             by_status.at("PartiallyFilled") == 0 && by_status.at("PendingCancel") == 0;
    });
    cluster.host("control").send_signal(SIGTERM);
    cluster.wait_for_success();
  }
  cluster_run second{scratch, endless_sim_flags()};
  second.start(five_workers);
  CHECK(approved_when_halted(second) == 0);
  second.host("control").send_signal(SIGTERM);
  second.wait_for_success();
}

TEST_CASE("limits that are set hold from then on, and also after the execution host's death") {
  scratch_directory scratch;
  auto file = scratch.path("limits.toml");
  std::ofstream{file} << "[execution.limits]\norder_value_max = 0.01\n";
  auto refused_now = [](const json& execution) {
    return verdicts(execution, "ORDER_VALUE_EXCEEDED");
  };
  std::uint64_t approved = 0;
  {
    cluster_run cluster{scratch, endless_sim_flags()};
    cluster.start(five_workers);
    cluster.wait_for_orders();
    auto set = run_tickmesh(scratch, {"limits", "set", file, "--config",
                                      source_path("config/local-cluster.toml"), "--reason", "drill",
                                      "--control", cluster.address()});
    CHECK_MESSAGE(set.code == 0, set.err);
    auto later_than = [&](const json& then) {
      return wait_for_execution(
          cluster, [&](auto& now) { return refused_now(now) > refused_now(then) + 50; });
    };
    auto after = later_than(cluster.status()->at("execution")); // the status may be behind
    approved = verdicts(after, "APPROVED");
    CHECK(verdicts(later_than(after), "APPROVED") == approved);
    cluster.host("exec-0").send_signal(SIGKILL);
    cluster.wait_for_all();
  }
  cluster_run second{scratch, endless_sim_flags()};
  second.start(five_workers);
  auto refused = refused_now(second.wait_for_phase("RUNNING").at("execution"));
  auto later =
      wait_for_execution(second, [&](auto& now) { return refused_now(now) > refused + 100; });
  CHECK(verdicts(later, "APPROVED") == approved);
  second.host("control").send_signal(SIGTERM);
  second.wait_for_success();
}

TEST_CASE("commands that can't be carried out say why, and change nothing") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags()};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  auto control = cluster.address();
  auto refused =
      run_tickmesh(scratch, {"order", "cancel", "O0000000000000001", "--control", control});
  CHECK(refused.code == 1);
  CHECK(refused.out.find("REFUSED: no order O0000000000000001 was sent") != std::string::npos);
  refused = run_tickmesh(
      scratch, {"reconcile", "--accept", "nobody", "--reason", "drill", "--control", control});
  CHECK(refused.code == 1);
  CHECK(refused.out.find("there is no broker nobody") != std::string::npos);
  auto wrong = run_tickmesh(scratch, {"halt", "--exec", address_of(scratch, "calc-0")});
  CHECK(wrong.code == 1);
  CHECK(wrong.err.find("does not run exec/0") != std::string::npos);
  wrong = run_tickmesh(scratch, {"order", "replace", "O0000000000000001", "--price", "none",
                                 "--volume", "1", "--control", control});
  CHECK(wrong.code == 2);
  CHECK(wrong.err == "tickmesh: --price = none: allowed: a number of up to 8 decimals\n");
  CHECK(cluster.status()->at("execution").at("trading_state") == "ACTIVE");
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_success();
}

TEST_CASE("what operators do shows at once, and limits are loosened only on purpose") {
  scratch_directory scratch;
  // Heartbeats that are too far apart to explain what a status shows.
  cluster_run cluster{scratch, sim_flags(3'000'000, 40'000, 1) +
                                   arguments{"--set", "cluster.health_check_interval_ms=10000",
                                             "--set", "cluster.failover_timeout_ms=60000"}};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  auto tell = [&](const arguments& verb) {
    return run_tickmesh(scratch, verb + arguments{"--control", cluster.address()});
  };
  auto trading_state = [&] { return cluster.status()->at("execution").at("trading_state"); };
  CHECK(trading_state() == "ACTIVE");
  REQUIRE(tell({"halt", "--reason", "drill"}).code == 0);
  CHECK(trading_state() == "HALTED");
  REQUIRE(tell({"resume", "--reason", "over"}).code == 0);
  CHECK(trading_state() == "ACTIVE");

  auto set = [&](const std::string& limits, const arguments& more = {}) {
    auto file = scratch.write("limits.toml", "[execution.limits]\n" + limits);
    return tell(arguments{"limits", "set", file, "--reason", "drill"} + more);
  };
  auto loose = set("daily_loss_max = 123456\nposition_max = 3\n");
  CHECK(loose.code == 2);
  CHECK_MESSAGE(loose.err.find("global  daily_loss_max  100000 -> 123456  LOOSER") !=
                    std::string::npos,
                loose.err);
  CHECK(loose.err.find("position_max") == std::string::npos); // is tighter
  CHECK(loose.err.find("nothing was changed; add --yes") != std::string::npos);
  auto agreed = set("daily_loss_max = 123456\n", {"--yes"});
  CHECK_MESSAGE(agreed.code == 0, agreed.err);
  auto one = set("position_max = 3\n", {"--json"});
  CHECK_MESSAGE(one.code == 0, one.err);
  auto changes = json::parse(one.out).at(0).at("limits");
  REQUIRE(changes.size() == 1); // the daily loss stays as it was set
  CHECK(changes.at(0).at("key") == "position_max");
  CHECK(changes.at(0).at("after") == "3");
  auto same = set("daily_loss_max = 123456\nposition_max = 3\n");
  CHECK(same.code == 0);
  CHECK(same.out.find("these limits hold already") != std::string::npos);
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_success();
}

} // namespace tickmesh::halt_test
