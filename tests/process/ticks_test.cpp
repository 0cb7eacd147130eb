// Tick logs on the command line and as a source: what a run logged gives its results again.
#include "tests/process/cluster_run.hpp"
#include "tests/support/source_tree.hpp"

namespace tickmesh::ticks_test {

namespace {

constexpr std::array<const char*, 5> replayed_names{"factors.csv", "signals.csv", "orders.csv",
                                                    "fills.csv", "positions.csv"};

arguments market() {
  return sim_flags(60'000, 2'000, 0);
}

arguments replay_of(const std::string& paths) {
  return market() +
         arguments{"--set", "source.kind=ticklog", "--set", "source.ticklog.paths=" + paths};
}

/// Replays logs in a place of their own.
void check_replay(const std::string& paths, const merged_run& original) {
  scratch_directory scratch;
  auto replayed = run_embedded(scratch, replay_of(paths));
  CHECK(replayed.count("/ticks/accepted") == original.count("/ticks/accepted"));
  CHECK(replayed.count("/ticks/rejected") == 0);
  REQUIRE(original.count("/fills") > 500);
  for (auto* name : replayed_names)
    CHECK_MESSAGE(replayed.files.at(name) == original.files.at(name), name);
}

constexpr const char* python_check = R"(
import json, sys
try:
    import numpy
except ImportError:
    print("no numpy")
    sys.exit(0)
directory, csv = sys.argv[1:3]
about = json.load(open(directory + "/columns.json"))
columns = {name: numpy.load(f"{directory}/{name}.npy") for name in about["columns"]}
for name, column in columns.items():
    assert column.dtype == numpy.int64 and column.shape == (about["rows"],), name
assert (columns["number"] == numpy.arange(1, about["rows"] + 1)).all()
assert (numpy.diff(columns["effective_time"]) >= 0).all()
try:
    import pandas
except ImportError:
    print("no pandas")
    sys.exit(0)
rows = pandas.read_csv(csv)
table = pandas.DataFrame(columns)
assert len(rows) == len(table)
assert (pandas.to_datetime(rows["timestamp"]).astype("int64") == table["event_time"]).all()
there = table["last"] != about["absent_price"]
assert (rows["last"].notna() == there).all()
assert ((rows["last"][there] * 1e8).round().astype("int64") == table["last"][there]).all()
print("good", len(table))
)";

} // namespace

TEST_CASE("the tick log of a run replays to the same results") {
  scratch_directory scratch;
  auto original = run_embedded(scratch, market());
  check_replay(scratch.path("state/local/ticks/data-0"), original);
}

TEST_CASE("the logs of two data slots replay in one process to the same results") {
  scratch_directory scratch;
  auto original = run_cluster(scratch, market());
  check_replay(scratch.path("state/data-0/ticks/data-0") + "," +
                   scratch.path("state/data-1/ticks/data-1"),
               original);
}

TEST_CASE("two data slots share a replay, and it gives the same results") {
  scratch_directory first, second;
  auto original = run_embedded(first, market());
  auto replayed = run_cluster(second, replay_of(first.path("state/local/ticks/data-0")));
  for (auto* name : replayed_names)
    CHECK_MESSAGE(replayed.files.at(name) == original.files.at(name), name);
}

TEST_CASE("what a live source sent replays to the results of the live run") {
  scratch_directory scratch;
  auto file = write_market_of_two(scratch);
  auto address = "unix:" + scratch.path("feed");
  child_process live{scratch.path(""),
                     "live",
                     program_under_test(),
                     {"run", "--state-dir", scratch.path("state"), "--results",
                      scratch.path("results"), "--set", "source.kind=socket", "--set",
                      "source.socket.listen=" + address, "--set",
                      "source.socket.symbols=SIM0001,SIM0002"}};
  child_process sender{scratch.path(""),
                       "sender",
                       "/usr/bin/env",
                       {"env", "python3", source_path("scripts/send_ticks.py"), address, file,
                        "--retry-seconds", "0.05"}};
  REQUIRE_MESSAGE(live.wait() == 0, live.err());
  REQUIRE_MESSAGE(sender.wait() == 0, sender.err());
  auto original = read_results(scratch.path("results"));
  REQUIRE(original.count("/ticks/accepted") == 5'000);
  REQUIRE(original.count("/factors") > 4'000);
  scratch_directory second;
  auto replayed = run_embedded(second, {"--set", "source.kind=ticklog", "--set",
                                        "source.ticklog.paths=" + scratch.path("state")});
  for (auto* name : replayed_names)
    CHECK_MESSAGE(replayed.files.at(name) == original.files.at(name), name);
}

TEST_CASE("a replay in the state directory of its own log is refused") {
  scratch_directory scratch;
  run_embedded(scratch, market());
  auto log = scratch.path("state/local/ticks/data-0");
  auto run = run_tickmesh(scratch, arguments{"run", "--state-dir", scratch.path("state"),
                                             "--results", scratch.path("results")} +
                                       replay_of(log));
  CHECK(run.code == 2);
  CHECK_MESSAGE(run.err.find(log + " is in host.state_dir") != std::string::npos, run.err);
  auto verified = run_tickmesh(scratch, {"ticks", "verify", log});
  CHECK_MESSAGE(verified.code == 0, verified.out); // and the log is as it was
}

TEST_CASE("recorded ticks are imported, listed, checked, exported and replayed") {
  scratch_directory scratch;
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n"};
  for (int i = 0; i < 3'000; ++i) {
    auto time = 1'704'157'200'000'000'000 + i * 100'000'000LL;
    auto units = 100 + (i * 7919 % 13) / 4.0;
    auto bid = i % 50 == 49 ? std::string{} : std::to_string(units - 0.25);
    text += std::to_string(time) + ",SIM000" + std::to_string(1 + i % 2) + ",snapshot," +
            std::to_string(units) + ",1," + bid + ",5," + std::to_string(units + 0.25) + ",5\n";
    if (i % 1'000 == 999) // a crossed book
      text += std::to_string(time + 1) + ",SIM0001,snapshot,100,1,101,5,100,5\n";
  }
  auto file = scratch.write("ticks.csv", text);
  auto state = scratch.path("logs");
  auto imported = run_tickmesh(scratch, {"ticks", "import", file, "--out", state, "--json"});
  REQUIRE_MESSAGE(imported.code == 0, imported.err);
  auto counts = nlohmann::json::parse(imported.out);
  CHECK(counts.at("records") == 3'003);
  CHECK(counts.at("accepted") == 3'000);
  CHECK(counts.at("rejected").at("CROSSED_BOOK") == 3);

  auto listed = run_tickmesh(scratch, {"ticks", "ls", state, "--json"});
  REQUIRE_MESSAGE(listed.code == 0, listed.err);
  auto day = nlohmann::json::parse(listed.out).at(0).at("days").at(0);
  CHECK(day.at("trading_day") == 20240102);
  CHECK(day.at("ticks") == 3'000);
  CHECK(day.at("rejected") == 3);
  CHECK(day.at("symbols").at(1).at("symbol") == "SIM0002");
  CHECK(day.at("symbols").at(1).at("ticks") == 1'500);
  CHECK(day.at("symbols").at(1).at("last") == 1'500);

  auto verified = run_tickmesh(scratch, {"ticks", "verify", state});
  CHECK_MESSAGE(verified.code == 0, verified.out);

  for (auto* format : {"csv", "npy"}) {
    auto exported = run_tickmesh(scratch, {"ticks", "export", "--day", "20240102", "--format",
                                           format, "--out", scratch.path(format), "--rejected",
                                           "--symbol", "SIM0001", "--symbol", "SIM0002", state});
    CHECK_MESSAGE(exported.code == 0, exported.err);
    auto rejected = file_text(scratch.path(format) + "/20240102/rejected.csv");
    CHECK(rows_by(rejected, "reason").at("CROSSED_BOOK") == 3);
  }
  auto script = scratch.write("check.py", python_check);
  child_process python{
      scratch.path(""),
      "python",
      "/usr/bin/python3",
      {script, scratch.path("npy/20240102/SIM0002"), scratch.path("csv/20240102/SIM0002.csv")}};
  REQUIRE_MESSAGE(python.wait() == 0, python.err());
  if (python.out() != "good 1500\n")
    std::fprintf(stderr, "SKIPPED: exports read by numpy and pandas: %s", python.out().c_str());

  arguments from_file{"--file", file};
  scratch_directory first, second;
  auto original = run_embedded(first, from_file);
  auto replayed = run_embedded(second, {"--set", "source.kind=ticklog", "--set",
                                        "source.ticklog.paths=" + state + "/data-0"});
  REQUIRE(original.count("/factors") > 2'000);
  for (auto* name : replayed_names)
    CHECK_MESSAGE(replayed.files.at(name) == original.files.at(name), name);
}

TEST_CASE("ticks verify names the file and the place of damage") {
  scratch_directory scratch;
  auto file =
      scratch.write("ticks.csv", "timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n"
                                 "2024-01-02T01:00:00Z,SIM0001,trade,100,1,,,,\n"
                                 "2024-01-02T01:00:01Z,SIM0001,trade,100.25,1,,,,\n");
  auto imported = run_tickmesh(scratch, {"ticks", "import", file, "--out", scratch.path("logs")});
  REQUIRE_MESSAGE(imported.code == 0, imported.err);
  std::filesystem::path blocks;
  for (auto& entry : std::filesystem::recursive_directory_iterator{scratch.path("logs")})
    if (entry.path().filename().string().starts_with("ticks-")) blocks = entry.path();
  REQUIRE(!blocks.empty());
  std::fstream damaged{blocks, std::ios::in | std::ios::out | std::ios::binary};
  damaged.seekg(30);
  auto byte = static_cast<char>(damaged.get() ^ 1);
  damaged.seekp(30);
  damaged.put(byte);
  damaged.close();
  auto verified = run_tickmesh(scratch, {"ticks", "verify", scratch.path("logs"), "--json"});
  CHECK(verified.code == 1);
  auto damages = nlohmann::json::parse(verified.out).at(0).at("damages");
  REQUIRE(damages.size() >= 1);
  CHECK(damages.at(0).at("file") == blocks.string());
  CHECK(damages.at(0).at("offset") == 8); // of the block, behind the file's magic
}

} // namespace tickmesh::ticks_test
