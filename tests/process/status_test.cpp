// What `tickmesh status` says of a running cluster, and how its epoch grows over restarts.
#include "tests/process/cluster_run.hpp"

namespace tickmesh::status_test {

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::int64_t wall_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Runs a cluster until it is RUNNING, then stops it; its last status.
nlohmann::json start_and_stop(const scratch_directory& scratch, const arguments& control_flags) {
  cluster_run cluster{scratch, endless_sim_flags(), control_flags};
  cluster.start(five_workers);
  auto status = cluster.wait_for_phase("RUNNING");
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_success();
  return status;
}

} // namespace

TEST_CASE("status shows every host, slot and count of a running cluster") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags()};
  cluster.start(five_workers);
  cluster.wait_for_orders();
  // Execution is asked anew for each answer; what others count comes with their heartbeats.
  std::optional<nlohmann::json> first;
  wait_until(patience, [&] {
    first = cluster.status();
    return first && first->at("counts").value("ticks_in", 0U) > 0 &&
           first->at("counts").value("signals", 0U) > 0;
  });
  REQUIRE(first);
  CHECK(first->at("cluster_name") == "local-cluster");
  CHECK(first->at("cluster_id").get<std::string>().size() == 32);
  CHECK(first->at("trading") == "PAPER");
  CHECK(first->at("phase") == "RUNNING");
  // The first view, and one or two more when the copies of the tick logs are in sync.
  CHECK(first->at("epoch") >= 2);
  CHECK(first->at("epoch") <= 3);
  std::map<std::string, std::string> slots;
  for (auto& slot : first->at("slots"))
    slots[slot.at("slot")] = slot.at("host_id");
  CHECK(slots == std::map<std::string, std::string>{{"data/0", "data-0"},
                                                    {"data/1", "data-1"},
                                                    {"calc/0", "calc-0"},
                                                    {"calc/1", "calc-1"},
                                                    {"exec/0", "exec-0"}});
  REQUIRE(first->at("hosts").size() == 6);
  std::map<std::string, std::int64_t> heartbeats, response_times;
  for (auto& host : first->at("hosts")) {
    auto id = host.at("node_id").get<std::string>();
    CAPTURE(id);
    CHECK(host.at("node_type") == id.substr(0, id.find('-')));
    CHECK(host.at("status") == "ACTIVE");
    auto announced = file_text(scratch.path(id + ".address"));
    CHECK(host.at("host").get<std::string>() + ":" + std::to_string(host.at("port").get<int>()) +
              "\n" ==
          announced);
    CHECK(host.at("load_score").get<double>() > 0);
    CHECK(host.at("load_score").get<double>() <= 1);
    CHECK(host.at("shared_clock") == true);
    heartbeats[id] = host.at("last_heartbeat_ns");
    response_times[id] = host.at("response_time_ns");
    CHECK(std::abs(wall_ns() - heartbeats[id]) < 5'000'000'000);
    CHECK(response_times[id] > 0);
    CHECK(response_times[id] < 5'000'000'000);
    CHECK(host.at("slots").size() == (id == "control" ? 0u : 1u));
  }
  for (auto* count : {"ticks_in", "ticks_accepted", "factors", "signals"})
    CHECK_MESSAGE(first->at("counts").at(count).get<std::uint64_t>() > 0, count);

  // All of it is measured again and again.
  bool moved = wait_until(patience, [&] {
    auto next = cluster.status();
    if (!next || next->at("counts").at("ticks_in") == first->at("counts").at("ticks_in"))
      return false;
    for (auto& host : next->at("hosts")) {
      auto id = host.at("node_id").get<std::string>();
      if (host.at("last_heartbeat_ns") <= heartbeats[id]) return false;
      if (host.at("response_time_ns") == response_times[id]) return false;
    }
    return true;
  });
  CHECK(moved);

  auto text = run_tickmesh(scratch, {"status", "--control", cluster.address()});
  CHECK(text.code == 0);
  for (auto* part : {"PAPER", "local-cluster", "RUNNING", "epoch ", "data-1", "calc/1", "ACTIVE",
                     "ticks_in", "fills"})
    CHECK_MESSAGE(contains(text.out, part), part, ":\n", text.out);

  // Beside its state directory, a verb needs no address.
  auto found = run_tickmesh(scratch, {"status", "--state-dir", scratch.path("state")});
  CHECK(found.code == 0);
  CHECK(contains(found.out, "local-cluster"));

  auto worker = file_text(scratch.path("data-0.address"));
  auto wrong = run_tickmesh(scratch, {"status", "--control", worker.substr(0, worker.size() - 1)});
  CHECK(wrong.code == 1);
  CHECK_MESSAGE(contains(wrong.err, "is no control host"), wrong.err);

  // A running cluster has no use for a host that can take nothing over, and does not suffer from
  // one.
  cluster.start({{"late", "exec"}});
  CHECK(cluster.host("late").wait() == 1);
  CHECK(contains(cluster.host("late").err(),
                 "host late (exec) comes too late: the cluster is RUNNING"));
  CHECK(cluster.wait_for_phase("RUNNING").at("hosts").size() == 6);
  CHECK(run_tickmesh(scratch, {"halt", "--state-dir", scratch.path("state")}).code == 0);
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_all();
  CHECK_FALSE(std::filesystem::exists(scratch.path("state/control.address")));
}

TEST_CASE("the epoch grows with every start on the same state directory") {
  scratch_directory scratch;
  auto first = start_and_stop(scratch, {});
  auto second = start_and_stop(scratch, {});
  CHECK(first.at("epoch") >= 1);
  CHECK(second.at("epoch") > first.at("epoch"));
  CHECK(second.at("cluster_id") == first.at("cluster_id"));

  // A control host that has lost its memory must not count from 1 again.
  std::filesystem::remove_all(scratch.path("state/control"));
  {
    cluster_run cluster{scratch,
                        endless_sim_flags() + arguments{"--set", "cluster.join_timeout_ms=2000"}};
    cluster.start(five_workers);
    auto codes = cluster.wait_for_all();
    REQUIRE(codes.size() == 6);
    for (auto& [id, code] : codes)
      CHECK_MESSAGE(code == 1, id);
    auto cluster_id = first.at("cluster_id").get<std::string>();
    for (auto& worker : five_workers) {
      auto err = cluster.host(worker.id).err();
      CHECK_MESSAGE(contains(err, "has seen epoch " + second.at("epoch").dump() + " of cluster " +
                                      cluster_id),
                    err);
      CHECK_MESSAGE(contains(err, "--recover"), err);
    }
    CHECK(contains(cluster.host("control").err(), "waited 2 s for data/0, data/1, calc/0"));
  }

  // --recover on the control host ends the refusal, and the numbers go on.
  auto recovered = start_and_stop(scratch, {"--recover"});
  CHECK(recovered.at("epoch") > second.at("epoch"));
  CHECK(recovered.at("cluster_id") == first.at("cluster_id"));
}

} // namespace tickmesh::status_test
