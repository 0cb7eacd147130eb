// Settings from files, variables and flags: what is accepted, what is refused, and in which words.
#include "apps/settings/load_settings.hpp"

#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tickmesh::load_settings_test {
namespace {

namespace fs = std::filesystem;
using texts = std::vector<std::string>;

/// Configuration files in a directory that goes with the object.
class config_directory {
public:
  config_directory() {
    auto pattern = (fs::temp_directory_path() / "load_settings_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  config_directory(const config_directory&) = delete;
  config_directory& operator=(const config_directory&) = delete;
  ~config_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream{path_ / name, std::ios::binary} << text;
    return (path_ / name).string();
  }
  fs::path operator/(const char* name) const { return path_ / name; }

private:
  fs::path path_;
};

/// The faults of a file with this text, `FILE` standing for its name.
texts faults_of(std::string_view text, std::vector<setting_override> flags = {}) {
  config_directory directory;
  auto file = directory.write("t.toml", text);
  auto faults = load_settings({file, {}, std::move(flags)}).faults;
  for (auto& fault : faults)
    if (auto i = fault.find(file); i != std::string::npos) fault.replace(i, file.size(), "FILE");
  return faults;
}

bool has_fault(std::string_view text, std::string_view part) {
  auto faults = faults_of(text);
  CAPTURE(faults);
  return std::ranges::any_of(faults, [part](auto& f) { return f.find(part) != f.npos; });
}

std::string repository_file(const char* name) {
  return source_path(std::string{"config/"} + name);
}

} // namespace

TEST_CASE("the embedded configuration loads without faults and states the defaults") {
  auto loaded = load_settings({repository_file("embedded.toml"), {}, {}});
  CHECK(loaded.faults == texts{});
  auto& s = loaded.value;
  settings defaults;
  CHECK(s.cluster.name == defaults.cluster.name);
  CHECK(s.cluster.failover_timeout == defaults.cluster.failover_timeout);
  CHECK(s.cluster.drain_timeout == defaults.cluster.drain_timeout);
  CHECK(s.host.listen == defaults.host.listen);
  CHECK(s.host.roles.empty());
  CHECK(s.host.restart_period == defaults.host.restart_period);
  CHECK(s.source.sim.start == defaults.source.sim.start);
  CHECK(s.source.sim.ticks == defaults.source.sim.ticks);
  CHECK(s.source.sim.bad_share == defaults.source.sim.bad_share);
  CHECK(s.source.time_mark_interval == defaults.source.time_mark_interval);
  CHECK(s.cleaning.price_max == defaults.cleaning.price_max);
  CHECK(s.cleaning.spread_max == defaults.cleaning.spread_max);
  CHECK(s.execution.limits.order_value_max == defaults.execution.limits.order_value_max);
  CHECK(s.execution.limits.daily_loss_max == defaults.execution.limits.daily_loss_max);
  CHECK(s.execution.sim.delay == defaults.execution.sim.delay);
  CHECK(s.execution.sim.lost_ack_share == defaults.execution.sim.lost_ack_share);
  CHECK(s.execution.order_lifetime == defaults.execution.order_lifetime);
  CHECK(s.execution.journal.durability == defaults.execution.journal.durability);
  CHECK(s.execution.journal.sync_interval == defaults.execution.journal.sync_interval);
  CHECK(s.execution.journal.segment_mib == defaults.execution.journal.segment_mib);
  CHECK(s.execution.journal.cut_unsynced == defaults.execution.journal.cut_unsynced);
  REQUIRE(s.strategies.size() == 2);
  CHECK(s.strategies[0].name == "boll_reactive");
  CHECK(s.strategies[1].mode == strategy_mode::windowed);
  CHECK(s.strategies[1].window == std::chrono::seconds{60});
  CHECK(s.strategies[1].width == 2 * decimal_scale);
}

TEST_CASE("the local cluster's configuration loads without faults") {
  auto loaded = load_settings({repository_file("local-cluster.toml"), {}, {}});
  CHECK(loaded.faults == texts{});
  auto& s = loaded.value;
  CHECK(s.cluster.data_slots == 2);
  CHECK(s.cluster.calc_slots == 2);
  CHECK(s.cluster.exec_slots == 1);
  CHECK(s.source.speed == 1);
  CHECK(s.source.sim.ticks == 20 * s.source.sim.ticks_per_second);
  CHECK(s.strategies.size() == 2);
}

TEST_CASE("the instruments know futures by product, coins by symbol and the simulator") {
  auto loaded = load_instruments(repository_file("instruments.toml"));
  CHECK(loaded.faults == texts{});
  auto& table = loaded.value;
  CHECK(table.entries().size() > 90);
  auto rubber = table.find("ru1901");
  REQUIRE(rubber);
  CHECK(rubber->exchange == "SHFE");
  CHECK(rubber->multiplier == 10 * decimal_scale);
  CHECK(rubber->price_tick == price{5 * decimal_scale});
  CHECK(rubber->time_zone == "Asia/Shanghai");
  auto apple = table.find("AP101");
  REQUIRE(apple);
  CHECK(apple->exchange == "CZCE");
  CHECK(apple->price_tick == price{decimal_scale});
  CHECK(table.find("TS2503")->price_tick == price{decimal_scale / 500});
  auto coin = table.find("BTCUSDT");
  REQUIRE(coin);
  CHECK(coin->currency == "USDT");
  CHECK(coin->quantity_step == quantity{1000});
  auto simulated = table.find("SIM0042");
  REQUIRE(simulated);
  CHECK(simulated->currency == "CNY");
  CHECK(simulated->multiplier == 10 * decimal_scale);
  CHECK_FALSE(table.find("AP1901"));
  CHECK_FALSE(table.find("xx1901"));
}

TEST_CASE("without a file the simulator runs with one strategy") {
  auto loaded = load_settings({});
  CHECK(loaded.faults == texts{});
  REQUIRE(loaded.value.strategies.size() == 1);
  CHECK(loaded.value.strategies[0].name == "boll_reactive");
  CHECK(loaded.value.instruments.find("SIM0001"));
}

TEST_CASE("flags win over variables and those over the file") {
  config_directory directory;
  auto file = directory.write("t.toml",
                              "[cluster]\ndata_slots = 2\ncalc_slots = 2\nname = \"from_file\"\n");
  auto loaded =
      load_settings({file,
                     {{"TICKMESH_CLUSTER__DATA_SLOTS", "3"}, {"TICKMESH_CLUSTER__CALC_SLOTS", "3"}},
                     {{"cluster.data_slots", "4", "--data-slots"}}});
  CHECK(loaded.faults == texts{});
  CHECK(loaded.value.cluster.name == "from_file");
  CHECK(loaded.value.cluster.calc_slots == 3);
  CHECK(loaded.value.cluster.data_slots == 4);
}

TEST_CASE("files are relative to the file that names them, and in flags to the working directory") {
  config_directory directory;
  directory.write("i.toml", "[[instruments]]\npattern = \"X#\"\nexchange = \"E\"\n"
                            "currency = \"CNY\"\n");
  auto file = directory.write("t.toml", "instruments = \"i.toml\"\n[source]\nkind = \"file\"\n"
                                        "[source.file]\npaths = [\"a.csv\", \"/b.csv.xz\"]\n");
  auto loaded = load_settings({file, {}, {}});
  CHECK(loaded.faults == texts{});
  CHECK(loaded.value.instruments.find("X1"));
  CHECK(loaded.value.source.file.paths == texts{(directory / "a.csv").string(), "/b.csv.xz"});
  loaded = load_settings({file, {}, {{"source.file.paths", "a.csv,b.csv", "--file"}}});
  CHECK(loaded.value.source.file.paths == texts{"a.csv", "b.csv"});
}

TEST_CASE("all faults of all sections are reported at once") {
  auto faults = faults_of("[cluster]\n"                       // 1
                          "data_slots = 0\n"                  // 2
                          "exec_slots = 2\n"                  // 3
                          "[host]\n"                          // 4
                          "listen = \"192.168.1.301:8848\"\n" // 5
                          "[execution.limits]\n"              // 6
                          "position_max = -1\n"               // 7
                          "[[strategies]]\nname = \"a\"\n"    // 8, 9
                          "period = 1\n"                      // 10
                          "[[strategies]]\nname = \"a\"\n",   // 11, 12
                          {{"source.speed", "fast", "--speed"}});
  CHECK(faults ==
        texts{
            "FILE:2: cluster.data_slots = 0: is out of range; allowed: 1 to 64",
            "FILE:3: cluster.exec_slots = 2: several exec slots are not built yet; allowed: 1",
            "FILE:5: host.listen = \"192.168.1.301:8848\": is not an IPv4 address; allowed: an "
            "IPv4 address or localhost, `:` and a port of 0 to 65535, as in 127.0.0.1:8848",
            "FILE:7: execution.limits.position_max = -1: is out of range; allowed: 0 to "
            "92233720368.54775807",
            "FILE:10: strategies.0.period = 1: is out of range; allowed: 2 to 10000",
            "FILE:12: strategies.1.name = \"a\": is the name of an earlier strategy too; allowed: "
            "a name of its own",
            "--speed: source.speed = fast: is not a number; allowed: 0 to 1000000",
        });
}

TEST_CASE("a window must be a multiple of its step") {
  auto strategy = [](std::string_view text) {
    return "[[strategies]]\nname = \"w\"\nmode = \"windowed\"\n" + std::string{text};
  };
  CHECK(faults_of(strategy("window_s = 60\nstep_s = 10\n")) == texts{});
  CHECK(faults_of(strategy("window_s = 1.5\nstep_s = \"0.5\"\n")) == texts{});
  CHECK(has_fault(strategy("window_s = 60\nstep_s = 7\n"),
                  "FILE:5: strategies.0.step_s = 7: the step of 7 s does not divide the window of "
                  "60 s"));
  CHECK(has_fault(strategy("window_s = 5\n"),
                  "FILE:4: strategies.0.window_s = 5: the window of 5 s is shorter than its step "
                  "of 10 s"));
  CHECK(has_fault(strategy("step_s = 0\n"), "step_s = 0: is out of range"));
  CHECK(has_fault("[[strategies]]\nname = \"r\"\nwindow_s = 60\n",
                  "window_s = 60: has no meaning in a reactive strategy"));
}

TEST_CASE("strategies must be named, in bounds, and have patterns that mean something") {
  CHECK(has_fault("[[strategies]]\nperiod = 20\n", "FILE:1: strategies.0.name: is missing"));
  CHECK(has_fault("[[strategies]]\nname = \"a/b\"\n", "is no name"));
  CHECK(has_fault("[[strategies]]\nname = \"a\"\nwidth = 2.00001\n", "more than four decimals"));
  CHECK(has_fault("[[strategies]]\nname = \"a\"\nsymbols = [\"a*b\"]\n", "\"a*b\" is no pattern"));
  CHECK(has_fault("[[strategies]]\nname = \"a\"\nsymbols = []\n", "symbols = []: is empty"));
  CHECK(has_fault("[[strategies]]\nname = \"a\"\nvolume = -1\n", "volume = -1: is out of range"));
}

TEST_CASE("an address beyond this machine needs TLS or insecure_network, and is told why") {
  std::string open = "[host]\nlisten = \"0.0.0.0:8848\"\n";
  CHECK(has_fault(open, "FILE:2: host.listen = \"0.0.0.0:8848\": is open to the network, and "
                        "connections are plain"));
  CHECK(faults_of(open + "[network]\ncertificates = \"certs\"\n") == texts{});
  CHECK(faults_of(open + "insecure_network = true\n") == texts{});
  CHECK(faults_of("[host]\nlisten = \"localhost:8848\"\n") == texts{});
}

TEST_CASE("addresses are IPv4 or localhost with a port") {
  for (auto text : {"127.0.0.1:0", "localhost:8848", "10.0.0.255:65535"}) {
    CAPTURE(text);
    CHECK(parse_endpoint(text));
  }
  CHECK(parse_endpoint("10.0.0.7:8848").value() == endpoint{"10.0.0.7", 8848});
  for (auto text : {"", ":1", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                    "127.0.0:1", "127.0.0.1.1:1", "127.0.0.256:1", "127.0.0.01:1", "host:1",
                    "127.0.0.1:1x", "[::1]:1", " 127.0.0.1:1"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_endpoint(text));
  }
}

TEST_CASE("a host without the control role must know whom to join") {
  CHECK(has_fault("[host]\nroles = [\"data\"]\n", "host.join: is missing"));
  CHECK(faults_of("[host]\nroles = [\"data\"]\njoin = \"127.0.0.1:8848\"\n") == texts{});
  CHECK(faults_of("[host]\nroles = [\"control\", \"exec\"]\n") == texts{});
  CHECK(has_fault("[host]\nroles = [\"trader\"]\n", "\"trader\" is no role"));
  CHECK(has_fault("[host]\njoin = \"127.0.0.1:0\"\n", "has no port to join"));
  CHECK(has_fault("[host]\nid = \"../x\"\n", "host.id = \"../x\": is no name"));
}

TEST_CASE("features that are not built yet are refused by name") {
  CHECK(has_fault("[host]\nroles = [\"exec\"]\nstandby = true\n",
                  "host.standby = true: needs a role that can be taken over"));
  CHECK(has_fault("[execution]\nbroker = \"ctp\"\n",
                  "execution.broker = \"ctp\": is not known; allowed: sim, accept"));
  CHECK(has_fault("[execution.ctp]\nfront = \"x\"\n",
                  "execution.ctp = a table: the only brokers yet are built in"));
  CHECK(has_fault("[cluster]\nload_balance_strategy = \"hash\"\n", "not built yet"));
  CHECK(has_fault("[dashboard]\nport = 1\n", "dashboard = a table: unknown section"));
  CHECK(has_fault("[source]\nkind = \"ctp\"\n", "is not known; allowed: sim, file, load, socket"));
}

TEST_CASE("the order of events is one of two, with any broker") {
  CHECK(faults_of("[execution]\nsequencer = \"arrival\"\n") == texts{});
  CHECK(has_fault("[execution]\nsequencer = \"fifo\"\n",
                  "execution.sequencer = \"fifo\": is not known; allowed: event_time, arrival"));
  CHECK(faults_of("[execution]\nbroker = \"accept\"\nsequencer = \"arrival\"\n") == texts{});
  CHECK(faults_of("[execution]\nbroker = \"accept\"\nsequencer = \"event_time\"\n") == texts{});
}

TEST_CASE("the journal's durability, interval and file size are read, and bounded") {
  config_directory directory;
  auto loaded = load_settings({directory.write("t.toml", "[execution.journal]\n"
                                                         "durability = \"always\"\n"
                                                         "sync_interval_ms = 20\n"
                                                         "segment_mib = 8\n"
                                                         "cut_unsynced = true\n"
                                                         "snapshot_events = 5\n"),
                               {},
                               {}});
  CHECK(loaded.faults == texts{});
  auto& journal = loaded.value.execution.journal;
  CHECK(journal.durability == log_durability::always);
  CHECK(journal.sync_interval == std::chrono::milliseconds{20});
  CHECK(journal.segment_mib == 8);
  CHECK(journal.cut_unsynced);
  CHECK(journal.snapshot_events == 5);
  CHECK(has_fault("[execution.journal]\ndurability = \"maybe\"\n",
                  "execution.journal.durability = \"maybe\": is not known; allowed: always, "
                  "interval, never"));
  CHECK(has_fault("[execution.journal]\nsync_interval_ms = 0\n",
                  "execution.journal.sync_interval_ms = 0"));
  CHECK(has_fault("[execution.journal]\nsegment_mib = 0\n", "execution.journal.segment_mib = 0"));
  CHECK(has_fault("[execution.journal]\nkeep = 1\n", "execution.journal.keep = 1"));
}

TEST_CASE("execution needs every tick at the sim venue only, and else a mark in each interval") {
  auto load = [](std::string_view text) {
    config_directory directory;
    return load_settings({directory.write("t.toml", text), {}, {}}).value.execution;
  };
  CHECK(load("").every_tick());
  CHECK(load("").broker == broker_kind::sim);
  CHECK(load("").sequencer == input_order::event_time);
  CHECK(load("").mark_interval == std::chrono::milliseconds{100});
  auto given = load("[execution]\nbroker = \"accept\"\nmark_interval_ms = 250\n");
  CHECK_FALSE(given.every_tick());
  CHECK(given.broker == broker_kind::accept);
  CHECK(given.mark_interval == std::chrono::milliseconds{250});
  CHECK(has_fault("[execution]\nmark_interval_ms = 0\n", "execution.mark_interval_ms = 0"));
}

TEST_CASE("a failure time-out needs four pings") {
  CHECK(has_fault("[cluster]\nhealth_check_interval_ms = 2000\n",
                  "cluster.failover_timeout_ms: 5000 ms is too short for a "
                  "health_check_interval_ms of 2000"));
  CHECK(faults_of("[cluster]\nhealth_check_interval_ms = 1250\n") == texts{});
}

TEST_CASE("replication is read, and bounded") {
  config_directory directory;
  auto file = directory.write("t.toml", "[cluster]\ndata_replication = 3\n"
                                        "publish_after = \"local\"\non_two_faults = \"local\"\n"
                                        "replica_ack_timeout_ms = 250\n");
  auto loaded = load_settings({file, {}, {}});
  CHECK(loaded.faults == texts{});
  CHECK(loaded.value.cluster.data_replication == 3);
  CHECK(loaded.value.cluster.publish_after == publish_rule::local);
  CHECK(loaded.value.cluster.on_two_faults == two_fault_rule::local);
  CHECK(loaded.value.cluster.replica_ack_timeout == std::chrono::milliseconds{250});
  CHECK(has_fault("[cluster]\ndata_replication = 0\n",
                  "FILE:2: cluster.data_replication = 0: is out of range; allowed: 1 to 64"));
  CHECK(has_fault("[cluster]\npublish_after = \"never\"\n",
                  "FILE:2: cluster.publish_after = \"never\": is not known; allowed: replicated, "
                  "local"));
  CHECK(has_fault("[cluster]\non_two_faults = \"stop\"\n", "is not known; allowed: hold, local"));
  CHECK(has_fault("[cluster]\nreplica_ack_timeout_ms = 5\n", "replica_ack_timeout_ms = 5: "));
}

TEST_CASE("a file source needs files of a known format") {
  CHECK(has_fault("[source]\nkind = \"file\"\n", "source.file.paths: is missing"));
  CHECK(has_fault("[source.file]\npaths = [\"a.parquet\"]\n", "a.parquet has no format"));
}

TEST_CASE("faults of the instruments' file are reported with the others") {
  config_directory directory;
  auto instruments = directory.write(
      "i.toml", "[[instruments]]\npattern = \"X#\"\nexchange = \"E\"\ncurrency = \"CNY\"\n"
                "[[instruments]]\npattern = \"X#\"\nexchange = \"E\"\ncurrency = \"CNY\"\n"
                "time_zone = \"Mars\"\nprice_tick = 0\n"
                "[[instruments]]\npattern = \"Y*Z\"\ncurrency = \"CNY\"\n");
  auto file = directory.write("t.toml", "instruments = \"i.toml\"\n[log]\nlevel = \"loud\"\n");
  auto faults = load_settings({file, {}, {}}).faults;
  REQUIRE(faults.size() == 6);
  CHECK(faults[0] == file + ":3: log.level = \"loud\": is not known; allowed: trace, debug, info, "
                            "warn, error");
  CHECK(faults[1] == instruments + ":6: instruments.1.pattern = \"X#\": is the pattern of entry 1 "
                                   "too; allowed: one entry a pattern");
  CHECK(faults[2].starts_with(instruments + ":9: instruments.1.time_zone = \"Mars\": "));
  CHECK(faults[3].starts_with(instruments + ":10: instruments.1.price_tick = 0: is out of range"));
  CHECK(faults[4].starts_with(instruments + ":11: instruments.2.exchange: is missing"));
  CHECK(faults[5].starts_with(instruments + ":12: instruments.2.pattern = \"Y*Z\": is no pattern"));
}

TEST_CASE("a missing instruments' file is a fault") {
  CHECK(has_fault("instruments = \"none.toml\"\n", "none.toml: the file can't be read"));
}

TEST_CASE(
    "a socket source needs an address and symbols, has no speed, and listens on this machine") {
  constexpr std::string_view good = "[source]\nkind = \"socket\"\n[source.socket]\n"
                                    "listen = \"127.0.0.1:0\"\nsymbols = [\"S1\"]\n";
  CHECK(faults_of(good) == texts{});
  CHECK(has_fault("[source]\nkind = \"socket\"\n", "source.socket.listen: is missing"));
  CHECK(has_fault("[source]\nkind = \"socket\"\n", "source.socket.symbols: is missing"));
  CHECK(
      has_fault("[source]\nkind = \"socket\"\nspeed = 1\n", "source.speed = 1: does not go with"));
  CHECK_FALSE(has_fault("[source]\nspeed = 1\n", "source.speed"));
  auto listens_on = [](std::string_view address) {
    return "[source.socket]\nlisten = \"" + std::string{address} + "\"\n";
  };
  CHECK(has_fault(listens_on("7001"), "has no port"));
  CHECK(has_fault(listens_on("somewhere:7001"), "has no IPv4 address"));
  CHECK(has_fault(listens_on("127.0.0.1:70000"), "has no valid port"));
  CHECK(has_fault(listens_on("unix:"), "needs a path of 1 to 107 bytes"));
  CHECK(has_fault(listens_on("0.0.0.0:7001"), "is reached from beyond this machine"));
  CHECK(faults_of("[host]\ninsecure_network = true\n" + listens_on("0.0.0.0:7001")) == texts{});
  CHECK(has_fault("[source.socket]\nformat = \"json\"\n", "source.socket.format"));
  CHECK(has_fault("[source.socket]\nbuffer_records_max = 1\n", "allowed: 16 to 16777216"));
  CHECK(has_fault("[source.socket]\nwaiting_max = 0\n", "allowed: 1 to 1000"));
}
} // namespace tickmesh::load_settings_test
