// `tickmesh subscribe` against running clusters: what it prints is what the run leaves, whatever
// happens to it and to the hosts.
#include "runtime/cluster/rendezvous.hpp"
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

#include <set>
#include <sstream>

namespace tickmesh::subscribe_test {

namespace {

/// Windows short enough that both strategies have much to say within some seconds.
const arguments strategy_flags{"--config", source_path("config/local-cluster.toml"),
                               "--set",    "strategies.1.window_s=3",
                               "--set",    "strategies.1.step_s=0.5"};

/// Lets the end of a run wait for subscribers on a machine that is busy.
const arguments linger_flags{"--set", "tick_log.subscription_linger_ms=20000"};

arguments market(std::uint64_t ticks, std::uint64_t ticks_per_second, double speed) {
  return strategy_flags +
         arguments{"--set",   "source.sim.ticks=" + std::to_string(ticks),
                   "--set",   "source.sim.ticks_per_second=" + std::to_string(ticks_per_second),
                   "--speed", std::to_string(speed),
                   "--set",   "cluster.health_check_interval_ms=100"};
}

arguments symbol_flags(const std::vector<std::string>& symbols) {
  arguments out;
  for (auto& symbol : symbols)
    out.insert(out.end(), {"--symbol", symbol});
  return out;
}

/// A symbol of each of the two data slots.
std::vector<std::string> symbol_of_each_slot() {
  std::vector<weighted_slot> slots{{{role::data, 0}}, {{role::data, 1}}};
  std::map<slot_name, std::string> found;
  for (int i = 1; found.size() < 2; ++i) {
    auto symbol = "SIM000" + std::to_string(i);
    REQUIRE(i < 10);
    found.try_emplace(*owner_of(symbol, slots), symbol);
  }
  return {found[{role::data, 0}], found[{role::data, 1}]};
}

/// Clients by name; their output is kept.
class subscribers {
public:
  subscribers(const scratch_directory& scratch, std::string control)
      : scratch_(scratch), control_(std::move(control)) {}

  child_process& start(const std::string& name, const std::string& what,
                       const std::vector<std::string>& symbols, const arguments& extra = {}) {
    auto config = what == "ticks" ? arguments{} : strategy_flags;
    auto args = arguments{"subscribe", what, "--control", control_} + symbol_flags(symbols) +
                config + extra;
    return clients_.try_emplace(name, scratch_.path(""), name, program_under_test(), args)
        .first->second;
  }

  child_process& at(const std::string& name) { return clients_.at(name); }

  /// What a client has printed when it ends well.
  std::string finish(const std::string& name) {
    auto& client = clients_.at(name);
    auto code = client.wait();
    CHECK_MESSAGE(code == 0, name, ": ", client.err());
    return client.out();
  }

private:
  const scratch_directory& scratch_;
  std::string control_;
  std::map<std::string, child_process> clients_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::istringstream in{line};
  std::vector<std::string> out;
  for (std::string field; std::getline(in, field, ',');)
    out.push_back(field);
  return out;
}

/// Rows by symbol and, where there is one, strategy, in their order.
using row_groups = std::map<std::string, std::vector<std::string>>;

row_groups group_rows(const std::string& text, const std::vector<std::string>& symbols,
                      std::uint64_t first = 1) {
  auto lines = lines_of(text);
  REQUIRE(!lines.empty());
  auto header = fields_of(lines.front());
  auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(header, name) - header.begin());
  };
  auto symbol = column("symbol"), strategy = column("strategy"), number = column("sequence");
  REQUIRE(number < header.size());
  row_groups out;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto fields = fields_of(lines[i]);
    if (std::ranges::find(symbols, fields.at(symbol)) == symbols.end()) continue;
    if (std::stoull(fields.at(number)) < first) continue;
    out[fields[symbol] + (strategy < header.size() ? "/" + fields[strategy] : "")].push_back(
        lines[i]);
  }
  return out;
}

void check_equal(const row_groups& printed, const row_groups& expected) {
  REQUIRE(printed.size() == expected.size());
  for (auto& [key, rows] : expected) {
    REQUIRE_MESSAGE(printed.contains(key), key);
    auto& found = printed.at(key);
    auto [a, b] = std::mismatch(found.begin(), found.end(), rows.begin(), rows.end());
    CHECK_MESSAGE((a == found.end() && b == rows.end()), key, ": ", found.size(), " rows, ",
                  rows.size(), " expected; they differ from row ", a - found.begin());
  }
}

/// Rows as a subscriber prints them, out of the tick logs that a run has left.
std::string exported_ticks(const scratch_directory& scratch, const std::string& symbol) {
  for (std::string host : {"data-0", "data-1"})
    for (std::string slot : {"data-0", "data-1"}) {
      auto log = scratch.path("state/" + host + "/ticks/" + slot);
      auto out = scratch.path("exported-" + host + "-" + slot);
      auto done = run_tickmesh(
          scratch, {"ticks", "export", log, "--day", "20240102", "--symbol", symbol, "--out", out});
      if (done.code != 0) continue; // a slot that doesn't own it, or a log that was cut off
      auto lines = lines_of(file_text(out + "/20240102/" + symbol + ".csv"));
      std::string text = lines.front() + ",sequence\n";
      for (std::size_t i = 1; i < lines.size(); ++i)
        text += lines[i] + "," + std::to_string(i) + "\n";
      return text;
    }
  FAIL("no log has ", symbol);
  return {};
}

row_groups exported_rows(const scratch_directory& scratch, const std::vector<std::string>& symbols,
                         std::uint64_t first = 1) {
  row_groups out;
  for (auto& symbol : symbols)
    out.merge(group_rows(exported_ticks(scratch, symbol), {symbol}, first));
  return out;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("subscribers print the rows of the results, from any moment and any number on") {
  scratch_directory scratch;
  cluster_run cluster{scratch, market(30'000, 2'500, paced(5)) + linger_flags};
  subscribers clients{scratch, cluster.address()};
  auto symbols = symbol_of_each_slot();
  // Some are there before the cluster is.
  clients.start("ticks", "ticks", symbols);
  clients.start("factors", "factors", symbols);
  clients.start("signals", "signals", symbols);
  cluster.start(five_workers);
  wait_for_ticks(cluster, 8'000);
  clients.start("late-factors", "factors", symbols, {"--from", "100"});
  clients.start("late-signals", "signals", {symbols[1]}, {"--from", "250", "--json"});
  clients.start("live", "ticks", {symbols[0]}, {"--from", "now", "--limit", "20"});
  clients.start("ahead", "factors", {symbols[0]}, {"--from", "now"});
  cluster.wait_for_success();
  auto run = merge_and_read(scratch, cluster.results());

  auto& factors = run.files.at("factors.csv");
  auto& signals = run.files.at("signals.csv");
  CHECK(lines_of(factors).front() == lines_of(clients.finish("factors")).front());
  CHECK(lines_of(signals).front() == lines_of(clients.finish("signals")).front());
  auto expected = group_rows(factors, symbols);
  REQUIRE(expected.size() == 4); // two symbols, two strategies
  for (auto& symbol : symbols) {
    CHECK(expected.at(symbol + "/boll_reactive").size() > 300);
    CHECK(expected.at(symbol + "/boll_windowed").size() > 15);
  }
  check_equal(group_rows(clients.finish("factors"), symbols), expected);
  check_equal(group_rows(clients.finish("late-factors"), symbols),
              group_rows(factors, symbols, 100));
  check_equal(group_rows(clients.finish("signals"), symbols), group_rows(signals, symbols));
  check_equal(group_rows(clients.finish("ticks"), symbols), exported_rows(scratch, symbols));

  std::vector<std::string> names, expected_names;
  for (auto& line : lines_of(clients.finish("late-signals")))
    names.push_back(nlohmann::json::parse(line).at("name"));
  for (auto& [key, rows] : group_rows(signals, {symbols[1]}, 250))
    for (auto& row : rows)
      expected_names.push_back(fields_of(row).back());
  REQUIRE(expected_names.size() > 5);
  std::ranges::sort(names);
  std::ranges::sort(expected_names);
  CHECK(names == expected_names);

  // `now` is a number that the test doesn't know; from there on, nothing is missing.
  auto live = group_rows(clients.finish("live"), {symbols[0]});
  REQUIRE(live[symbols[0]].size() == 20);
  auto first = std::stoull(fields_of(live[symbols[0]].front()).back());
  CHECK(first > 50);
  auto rest = exported_rows(scratch, {symbols[0]}, first);
  rest[symbols[0]].resize(20);
  check_equal(live, rest);
  for (auto& [key, rows] : group_rows(clients.finish("ahead"), {symbols[0]})) {
    auto& whole = expected.at(key);
    REQUIRE_MESSAGE((!rows.empty() && rows.size() < whole.size()), key);
    CHECK(std::equal(rows.rbegin(), rows.rend(), whole.rbegin()));
  }
}

TEST_CASE("subscribers that are stopped delay nothing, and miss nothing when they wake in time") {
  scratch_directory undisturbed;
  auto expected = run_embedded(undisturbed, market(60'000, 10'000, 0));
  scratch_directory scratch;
  cluster_run cluster{scratch, market(60'000, 10'000, paced(2)) +
                                   arguments{"--set", "host.link_window_items=16384", "--set",
                                             "host.round_ticks_max=4096", "--set",
                                             "cluster.failover_timeout_ms=600"}};
  subscribers clients{scratch, cluster.address()};
  std::vector<std::string> all;
  for (int i = 1; i <= 50; ++i)
    all.push_back((i < 10 ? "SIM000" : "SIM00") + std::to_string(i));
  cluster.start(five_workers);
  cluster.wait_for_phase("RUNNING");
  for (auto* name : {"woken", "forgotten"})
    clients.start(name, "ticks", all);
  bool reads = wait_until(patience, [&] {
    return clients.at("woken").out().size() > 1'000 && clients.at("forgotten").out().size() > 1'000;
  });
  REQUIRE(reads);
  for (auto* name : {"woken", "forgotten"})
    clients.at(name).send_signal(SIGSTOP);
  // More than fits a window and the time-out of a silent connection.
  wait_for_ticks(cluster, 45'000);
  clients.at("woken").send_signal(SIGCONT);
  cluster.wait_for_success();
  check_same_bytes(merge_and_read(scratch, cluster.results()), expected);
  check_equal(group_rows(clients.finish("woken"), all), exported_rows(scratch, all));

  clients.at("forgotten").send_signal(SIGCONT);
  CHECK(clients.at("forgotten").wait() == 1);
  CHECK_MESSAGE(contains(clients.at("forgotten").err(), "the cluster is gone before the stream has "
                                                        "ended"),
                clients.at("forgotten").err());
}

TEST_CASE("subscribers go on without a gap or a repeat when a data host is killed") {
  for (std::string victim : {"data-0", "data-1"}) {
    CAPTURE(victim);
    scratch_directory scratch;
    cluster_run cluster{scratch, market(40'000, 2'500, paced(8)) + linger_flags};
    subscribers clients{scratch, cluster.address()};
    auto symbols = symbol_of_each_slot();
    cluster.start(five_workers);
    clients.start("ticks", "ticks", symbols);
    clients.start("factors", "factors", symbols);
    clients.start("signals", "signals", symbols, {"--from", "200"});
    wait_for_ticks(cluster, 12'000);
    auto before = clients.at("ticks").out().size();
    CHECK(before > 1'000);
    cluster.host(victim).send_signal(SIGKILL);
    for (auto& worker : five_workers)
      if (worker.id != victim)
        CHECK_MESSAGE(cluster.host(worker.id).wait() == 0, cluster.host(worker.id).err());
    CHECK(cluster.host("control").wait() == 0);
    auto run = merge_and_read(scratch, cluster.results());
    check_equal(group_rows(clients.finish("factors"), symbols),
                group_rows(run.files.at("factors.csv"), symbols));
    check_equal(group_rows(clients.finish("signals"), symbols),
                group_rows(run.files.at("signals.csv"), symbols, 200));
    // The survivor has both slots' logs to the end.
    std::filesystem::remove_all(scratch.path("state/" + victim));
    check_equal(group_rows(clients.finish("ticks"), symbols), exported_rows(scratch, symbols));
  }
}

TEST_CASE("history is read where it lies: in memory, in write-ahead files, in sealed columns") {
  scratch_directory scratch;
  cluster_run cluster{scratch,
                      market(400'000, 50'000, paced(2)) +
                          arguments{"--no-results", "--set", "tick_log.segment_mib=1", "--set",
                                    "tick_log.wal_keep_mib=0", "--set", "tick_log.recent_mib=1"}};
  subscribers clients{scratch, cluster.address()};
  auto symbols = symbol_of_each_slot();
  cluster.start(five_workers);
  auto log = scratch.path("state/data-0/ticks/data-0/20240102/");
  bool released = wait_until(patience, [&] {
    return std::filesystem::exists(log + "ticks-000000000001.blocks") &&
           !std::filesystem::exists(log + "wal-000000000001.log");
  });
  REQUIRE(released);
  clients.start("all", "ticks", symbols);
  clients.start("sealed", "ticks", symbols, {"--from", "700"});
  clients.start("later", "ticks", symbols, {"--from", "5000"});
  cluster.wait_for_success();
  for (auto& [name, first] : {std::pair{"all", 1u}, {"sealed", 700u}, {"later", 5'000u}}) {
    CAPTURE(name);
    auto expected = exported_rows(scratch, symbols, first);
    for (auto& symbol : symbols)
      CHECK(expected.at(symbol).size() > 1'000);
    check_equal(group_rows(clients.finish(name), symbols), expected);
  }
}

TEST_CASE("a subscriber ends well on a signal, with whole rows") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags() + linger_flags};
  subscribers clients{scratch, cluster.address()};
  cluster.start(five_workers);
  for (auto [name, signal] : {std::pair{"interrupted", SIGINT}, {"terminated", SIGTERM}}) {
    auto& client = clients.start(name, "ticks", {"SIM0001"});
    REQUIRE_MESSAGE(wait_until(patience, [&] { return client.out().size() > 1'000; }),
                    client.err());
    client.send_signal(signal);
    auto printed = clients.finish(name);
    CHECK(printed.ends_with("\n"));
    CHECK(group_rows(printed, {"SIM0001"}).at("SIM0001").size() > 5);
  }
  // A stop of the cluster is an end of the stream, too.
  auto& client =
      clients.start("stopped", "factors", {"SIM0001", "SIM0002"},
                    {"--set", "strategies.1.window_s=20", "--set", "strategies.1.step_s=5", "--set",
                     "execution.limits.daily_loss_max=100000"});
  REQUIRE_MESSAGE(wait_until(patience, [&] { return client.out().size() > 1'000; }), client.err());
  cluster.host("control").send_signal(SIGTERM);
  cluster.wait_for_success();
  auto run = merge_and_read(scratch, cluster.results());
  check_equal(group_rows(clients.finish("stopped"), {"SIM0001", "SIM0002"}),
              group_rows(run.files.at("factors.csv"), {"SIM0001", "SIM0002"}));
}

TEST_CASE("what a subscriber can't have is refused with a sentence that says why") {
  scratch_directory scratch;
  cluster_run cluster{scratch,
                      endless_sim_flags() + arguments{"--set", "tick_log.subscriptions_max=1"}};
  auto ask = [&](const arguments& args) {
    return run_tickmesh(scratch, arguments{"subscribe"} + args);
  };
  auto check = [](const finished_process& done, int code, const std::string& part) {
    CHECK_MESSAGE(done.code == code, done.err);
    CHECK_MESSAGE(contains(done.err, part), done.err);
    CHECK(done.out.empty());
  };
  arguments here{"--control", cluster.address()}, sim1{"--symbol", "SIM0001"};

  check(ask(arguments{"ticks", "--wait", "0.3"} + here + sim1), 1, "is still FORMING after 0.3 s");
  check(ask(arguments{"orders"} + here + sim1), 2, "WHAT");
  check(ask(arguments{"ticks"} + here), 2, "--symbol");
  check(ask(arguments{"ticks", "--from", "0"} + here + sim1), 2,
        "--from = 0: is no sequence; allowed: 1 or more, or now");
  check(ask(arguments{"ticks"} + here + sim1 + sim1), 2, "--symbol SIM0001: is given twice");
  check(ask(arguments{"ticks", "--control", "nowhere"} + sim1), 2, "--control = nowhere");
  check(ask(arguments{"ticks", "--control", "127.0.0.1:1"} + sim1), 1,
        "no control host answers at 127.0.0.1:1");
  check(ask(arguments{"factors", "--config", scratch.path("none.toml")} + here + sim1), 2,
        "none.toml");

  cluster.start(five_workers);
  cluster.wait_for_phase("RUNNING");
  auto unknown = ask(arguments{"ticks", "--symbol", "SIM9999"} + here);
  check(unknown, 1, "--symbol SIM9999: the cluster has no such symbol; allowed: SIM0001, ");
  CHECK(contains(unknown.err, " more"));
  check(ask(arguments{"factors"} + here + sim1), 1, "the cluster's configuration has hash");
  auto worker = file_text(scratch.path("data-0.address"));
  worker.pop_back();
  check(ask(arguments{"ticks", "--control", worker} + sim1), 1, "is no control host");

  subscribers clients{scratch, cluster.address()};
  auto& client = clients.start("first", "ticks", {"SIM0001"});
  REQUIRE(wait_until(patience, [&] { return client.out().size() > 1'000; }));
  check(ask(arguments{"ticks"} + here + sim1), 1,
        "has 1 subscriptions, as many as tick_log.subscriptions_max allows");
  // A subscriber that is killed is noticed, and makes room.
  client.send_signal(SIGKILL);
  bool granted = wait_until(patience, [&] {
    return ask(arguments{"ticks", "--limit", "1"} + here + sim1).code == 0;
  });
  CHECK(granted);
}

} // namespace tickmesh::subscribe_test
