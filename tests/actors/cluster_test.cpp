// The whole pipeline on virtual time: coordinator, host agents and all slots. Results are a
// function of the ticks alone, on any topology and in any interleaving.
#include "tests/support/embedded_cluster.hpp"

namespace tickmesh::cluster_test {

namespace {

using all_rows = std::map<std::string, std::vector<std::string>>;

const std::set<role> every_role{role::data, role::calc, role::exec, role::control};

std::vector<host_plan> one_host() {
  return {{.id = "local", .roles = every_role}};
}

void check_good_end(embedded_cluster& cluster) {
  REQUIRE(cluster.outcome.has_value());
  CHECK(cluster.outcome->exit_code == 0);
  CHECK(cluster.outcome->reason == "the source has ended");
  for (auto& m : cluster.members()) {
    CAPTURE(m->plan.id);
    REQUIRE(m->outcome.has_value());
    CHECK(m->outcome->exit_code == 0);
    CHECK(m->files->closed == 1);
    CHECK(m->files->documents.contains("process.json"));
  }
  CHECK(cluster.members().front()->files->documents.contains("cluster.json"));
}

/// The rows of one host that holds every role, jobs in the order of arrival.
const all_rows& expected() {
  static const auto out = [] {
    actor_system_fixture fixture;
    embedded_cluster cluster{fixture, small_cluster_settings(), small_cluster_source(), one_host()};
    cluster.start();
    REQUIRE(cluster.run_to_the_end());
    check_good_end(cluster);
    return cluster.rows();
  }();
  return out;
}

void check_rows(const embedded_cluster& cluster) {
  auto rows = cluster.rows();
  for (auto& [name, lines] : expected()) {
    CAPTURE(name);
    REQUIRE(rows[name].size() == lines.size());
    CHECK(rows[name] == lines);
  }
}

} // namespace

TEST_CASE("an embedded cluster gives the same rows in any interleaving") {
  REQUIRE(expected().at("ticks_rejected").size() >= 100);
  REQUIRE(expected().at("factors").size() >= 3'000);
  REQUIRE(expected().at("signals").size() >= 200);
  REQUIRE(expected().at("orders").size() == expected().at("signals").size());
  REQUIRE(expected().at("fills").size() >= 100);
  REQUIRE(expected().at("positions").size() >= 8);
  for_each_seed(50, [](std::uint64_t seed) {
    actor_system_fixture fixture{seed};
    fixture.let_time_pass_while_working(50, std::chrono::milliseconds{1});
    embedded_cluster cluster{fixture, small_cluster_settings(), small_cluster_source(), one_host()};
    cluster.start();
    REQUIRE(cluster.run_to_the_end());
    check_good_end(cluster);
    check_rows(cluster);
  });
}

TEST_CASE("a cluster of two data and two calc slots on five hosts gives the rows of one host") {
  for_each_seed(30, [](std::uint64_t seed) {
    actor_system_fixture fixture{seed};
    fixture.let_time_pass_while_working(50, std::chrono::milliseconds{1});
    embedded_cluster cluster{fixture, five_host_settings(), small_cluster_source(), five_hosts()};
    cluster.start();
    REQUIRE(cluster.run_to_the_end());
    check_good_end(cluster);
    check_rows(cluster);
    for (auto id : {"calc-a", "calc-b"})
      CHECK(cluster.at(id).files->sorted_rows("signals").size() >= 20);
    for (auto id : {"data-a", "data-b"})
      CHECK(cluster.at(id).files->sorted_rows("ticks_rejected").size() >= 10);
  });
}

TEST_CASE("a feed at the pace of its event time gives the rows of a feed without pace") {
  auto config = five_host_settings();
  config.source.speed = 2;
  actor_system_fixture fixture{77};
  embedded_cluster cluster{fixture, config, small_cluster_source(), five_hosts()};
  auto begin = fixture.now();
  cluster.start();
  REQUIRE(cluster.run_to_the_end());
  auto took = fixture.now() - begin;
  CHECK(took >= std::chrono::milliseconds{1'500}); // 4 s of event time at double speed
  CHECK(took <= std::chrono::milliseconds{4'000});
  check_good_end(cluster);
  check_rows(cluster);
}

TEST_CASE("crashes of streams and calculators inside a cluster change no row") {
  for_each_seed(15, [](std::uint64_t seed) {
    auto throw_at = [](std::uint64_t at, std::shared_ptr<std::uint64_t> calls) {
      return [at, calls](const tick&) {
        if (++*calls == at) throw std::runtime_error{"bad tick"};
      };
    };
    auto plans = one_host();
    auto streamed = std::make_shared<std::uint64_t>(0);
    auto calculated = std::make_shared<std::uint64_t>(0);
    plans[0].stream_probe = throw_at(200 * seed, streamed);
    plans[0].calculator_probe = throw_at(3'600 - 150 * seed, calculated);
    actor_system_fixture fixture{seed};
    embedded_cluster cluster{fixture, small_cluster_settings(), small_cluster_source(), plans};
    cluster.start();
    REQUIRE(cluster.run_to_the_end());
    CHECK(*streamed > 4'000);   // replayed
    CHECK(*calculated > 3'700); // replayed
    check_good_end(cluster);
    check_rows(cluster);
  });
}

TEST_CASE("crashes of the feed handlers of a cluster change no row, at any pace") {
  for_each_seed(16, [](std::uint64_t seed) {
    auto plans = five_hosts();
    auto calls = std::make_shared<std::uint64_t>(0);
    auto crashes = std::make_shared<int>(0);
    for (std::size_t host : {3, 4})
      plans[host].feed_probe = [calls, crashes, seed] {
        if (++*calls % (15 + 7 * seed) != 0 || ++*crashes > 3) return;
        throw std::runtime_error{"bad feed"};
      };
    auto config = five_host_settings();
    if (seed % 2 == 0) config.source.speed = 2;
    actor_system_fixture fixture{seed};
    fixture.let_time_pass_while_working(50, std::chrono::milliseconds{1});
    embedded_cluster cluster{fixture, config, small_cluster_source(), plans};
    cluster.start();
    REQUIRE(cluster.run_to_the_end());
    CHECK(*crashes >= 1);
    check_good_end(cluster);
    check_rows(cluster);
  });
}

TEST_CASE("the epoch is kept before the view is out, by the coordinator and by every host") {
  actor_system_fixture fixture{3};
  embedded_cluster cluster{fixture, five_host_settings(), small_cluster_source(), five_hosts()};
  cluster.start();
  REQUIRE(cluster.run_to_the_end());
  // One view when the cluster is formed, and one when the copies of the tick logs are in sync.
  std::map<epoch, int> saves;
  for (auto& saved : *cluster.saved_epochs) {
    CHECK(saved.cluster_id == "test cluster");
    ++saves[saved.number];
  }
  REQUIRE(saves.contains(epoch{1}));
  CHECK(saves.size() >= 2);
  for (auto& [number, count] : saves)
    CHECK(count == 6);
}

TEST_CASE("the status at the end counts what the hosts have counted") {
  actor_system_fixture fixture{3};
  auto config = five_host_settings();
  config.source.speed = 1;
  embedded_cluster cluster{fixture, config, small_cluster_source(), five_hosts()};
  cluster.start();
  REQUIRE(cluster.run_to_the_end());
  REQUIRE(cluster.status.has_value());
  CHECK(cluster.status->phase() == "STOPPED");
  CHECK(cluster.status->hosts_size() == 5);
  std::map<std::string, std::uint64_t> counts;
  for (auto& count : cluster.status->counts())
    counts[count.name()] = count.count();
  // Each slot's last counts come before the word that it has finished.
  CHECK(counts["ticks_in"] == 4'000);
  CHECK(counts["signals"] >= 100);
  std::uint64_t orders = 0;
  for (auto& verdict : cluster.status->execution().orders_by_verdict())
    orders += verdict.count();
  CHECK(orders == counts["signals"]);
  CHECK(cluster.status->finished_ns() >= cluster.status->started_ns());
}

} // namespace tickmesh::cluster_test
