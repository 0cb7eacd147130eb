// Wrong flags, configurations, files and surroundings: each ends the program with one clear
// message.
#include "tests/process/cluster_run.hpp"
#include "tests/support/market_files.hpp"

#include <sys/stat.h>

namespace tickmesh::bad_input_test {
using std::chrono::milliseconds;

namespace {

constexpr milliseconds at_once{10'000};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Runs the program, which must fail without crash or hang; its message must have all parts and no
/// more than `lines` lines.
void check_refused(const scratch_directory& scratch, const arguments& args,
                   const std::vector<std::string>& parts, std::ptrdiff_t lines = 1) {
  auto run = run_tickmesh(scratch, args, at_once);
  REQUIRE_FALSE(args.empty());
  CAPTURE(args.back());
  CAPTURE(run.err);
  CHECK(run.code > 0);
  CHECK(run.code < 126);
  CHECK(run.out.empty());
  CHECK(std::count(run.err.begin(), run.err.end(), '\n') <= lines);
  REQUIRE_FALSE(parts.empty());
  for (auto& part : parts)
    CHECK_MESSAGE(contains(run.err, part), "lacks ", part);
}

/// Flags of a run that would be good.
arguments good_run(const scratch_directory& scratch) {
  return {
      "run",   "--state-dir",          scratch.path("state"), "--results", scratch.path("results"),
      "--set", "source.sim.ticks=1000"};
}

struct bad_file {
  std::string name;
  std::string bytes;
  std::string text; ///< what the message says beside the file's name
};

} // namespace

TEST_CASE("a file of ticks that can't be used is refused by name") {
  scratch_directory scratch;
  std::string header{own_header};
  std::string good_row = "2024-01-02T01:00:00Z,X,trade,1,1,,,,\n";
  auto packed = compress_xz(header + good_row);
  std::string binary;
  for (int i = 0; i < 4'096; ++i)
    binary += static_cast<char>(i * 37 % 256);
  const std::vector<bad_file> files{
      {"truncated.csv.xz", packed.substr(0, packed.size() / 2), "truncated xz file"},
      {"truncated.csv", header + "2024-01-02T01:00:00Z,X,tra",
       ":2: the last line has no line break"},
      {"empty.csv", "", "is empty"},
      {"empty.csv.xz", "", "truncated xz file"},
      {"binary.csv", binary, ":1: "},
      {"binary.csv.xz", binary, "not an xz file"},
      {"plain.csv.xz", header + good_row, "not an xz file"},
      {"columns.csv", "when,what,how\n1,2,3\n", ":1: \"when,what,how\" is not a known header"},
      {"short.csv", header + "2024-01-02T01:00:00Z,X,trade,1\n", ":2: 4 fields where the header"},
      {"value.csv", header + "2024-01-02T01:00:00Z,X,trade,abc,1,,,,\n",
       ":2: column last: \"abc\""},
      {"header.csv", header, "has a header but no rows"},
      {"header.csv.xz", compress_xz(header), "has a header but no rows"},
  };
  for (auto& file : files) {
    auto path = scratch.write(file.name, file.bytes);
    check_refused(scratch, good_run(scratch) + arguments{"--file", path}, {path, file.text});
  }
  auto good = scratch.write("good.csv", header + good_row);
  CHECK(run_tickmesh(scratch, good_run(scratch) + arguments{"--file", good}).code == 0);

  auto directory = scratch.path("directory.csv");
  std::filesystem::create_directory(directory);
  auto pipe = scratch.path("pipe.csv");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  auto missing = scratch.path("missing.csv");
  for (auto& [path, text] : {std::pair{directory, "is not a regular file"},
                             {pipe, "is not a regular file"},
                             {missing, "No such file"}}) {
    check_refused(scratch, good_run(scratch) + arguments{"--file", path}, {path, text});
    check_refused(scratch, good_run(scratch) + arguments{"--file", good, "--file", path},
                  {path, text});
  }
}

TEST_CASE("malformed rows are counted in a run's output and summary, and by an import") {
  scratch_directory scratch;
  // The name of the file is no UTF-8, which the documents about it must be.
  auto path = scratch.write("\xB6\xB9.csv", std::string{own_header} +
                                                "2024-01-02T01:00:00Z,SIM0001,trade,100,1,,,,\n"
                                                "99:99:99,SIM0001,trade,100,1,,,,\n");
  auto run = run_tickmesh(scratch, good_run(scratch) + arguments{"--file", path}, at_once);
  CHECK_MESSAGE(run.code == 0, run.err);
  CHECK(contains(run.out, "ticks      1 in, 1 accepted, 0 rejected"));
  CHECK(contains(run.out, "malformed  1 rows left out: "));
  CHECK(contains(run.err, ":3: column timestamp: "));
  auto results = scratch.path("results");
  std::ifstream file{results + "/summary.json"};
  auto ticks = nlohmann::json::parse(file).at("ticks");
  CHECK(ticks.at("malformed") == 1);
  CHECK(ticks.at("malformed_by_file").size() == 1);

  auto import = run_tickmesh(
      scratch, {"ticks", "import", path, "--out", scratch.path("log"), "--json"}, at_once);
  CHECK_MESSAGE(import.code == 0, import.err);
  CHECK(nlohmann::json::parse(import.out).at("malformed") == 1);
  check_refused(scratch,
                good_run(scratch) +
                    arguments{"--set", "source.file.malformed_max=0", "--file", path},
                {":3: column timestamp: "});
}

TEST_CASE("a reason that is no UTF-8 halts trading, and no host is taken for dead for it") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags()};
  cluster.start(five_workers);
  cluster.wait_for_phase("RUNNING");
  auto halt = run_tickmesh(
      scratch, {"halt", "--control", cluster.address(), "--reason", "\xB6\xB9"}, at_once);
  CHECK_MESSAGE(halt.code == 0, halt.err);
  // Shown by a heartbeat that came after the halt.
  CHECK(wait_until(milliseconds{10'000}, [&] {
    auto status = cluster.status();
    return status && status->at("execution").at("trading_state") == "HALTED";
  }));
  CHECK(cluster.status().value().at("phase") == "RUNNING");
}

TEST_CASE("an import that accepts no tick fails and says what is missing") {
  scratch_directory scratch;
  auto path = scratch.write("f.csv", std::string{own_header} +
                                         "2024-01-02T01:00:00Z,rb2405,trade,4000,1,,,,\n");
  auto import =
      run_tickmesh(scratch, {"ticks", "import", path, "--out", scratch.path("log")}, at_once);
  CHECK(import.code == 1);
  CHECK(contains(import.out, "1 records, 0 accepted, 1 rejected, 0 rows malformed"));
  CHECK(contains(import.err, "no symbol of the files has an instrument entry"));
  CHECK(contains(import.err, "--config"));
}

TEST_CASE("all faults of a configuration are printed at once") {
  scratch_directory scratch;
  auto file = scratch.write("faulty.toml", "[cluster]\ndata_slots = 0\ncalc_slot = 2\n"
                                           "[source]\nspeed = \"fast\"\n"
                                           "[[strategies]]\nname = \"a\"\nperiod = 1\n");
  for (auto& verb : {arguments{"config", "check"}, arguments{"run"}})
    check_refused(scratch, verb + arguments{"--config", file, "--set", "source.sim.ticks=many"},
                  {file + ":2", "cluster.data_slots = 0", file + ":3", "did you mean calc_slots?",
                   file + ":5", "source.speed = \"fast\"", file + ":8", "period = 1",
                   "source.sim.ticks = many", "5 faults"},
                  6);
  auto syntax = scratch.write("syntax.toml", "[cluster\n");
  check_refused(scratch, {"run", "--config", syntax}, {syntax, ":1"}, 2);
  auto missing = scratch.path("missing.toml");
  check_refused(scratch, {"run", "--config", missing}, {missing}, 2);
}

TEST_CASE("flags that make no sense are refused, with the flag and its value") {
  scratch_directory scratch;
  auto run = good_run(scratch);
  check_refused(scratch, run + arguments{"--role", "data", "--join", "192.168.1.301:8848"},
                {"--join", "192.168.1.301:8848", "is not an IPv4 address"}, 2);
  check_refused(scratch, run + arguments{"--role", "control", "--listen", "0.0.0.0:0"},
                {"--listen", "0.0.0.0:0", "insecure_network"}, 2);
  check_refused(scratch, run + arguments{"--role", "control", "--listen", "127.0.0.1:99999"},
                {"--listen", "127.0.0.1:99999", "port"}, 2);
  check_refused(scratch, run + arguments{"--role", "boss"}, {"--role", "\"boss\" is no role"}, 2);
  check_refused(scratch, run + arguments{"--role", "data"}, {"host.join", "is missing"}, 2);
  check_refused(scratch, run + arguments{"--file", scratch.path("ticks.parquet")},
                {"--file", "ticks.parquet", "csv"}, 2);
  check_refused(scratch, run + arguments{"--speed", "-1"}, {"--speed", "-1"}, 2);
  check_refused(scratch, run + arguments{"--set", "nothing"}, {"--set nothing", "no `=`"}, 2);
  check_refused(scratch, run + arguments{"--nonsense"}, {"--nonsense"}, 2);
  check_refused(scratch, {"walk"}, {"walk"}, 2);
  check_refused(scratch, {"results", "mend", scratch.path("results")}, {"mend"}, 2);
  check_refused(scratch, {"status", "--control", "nowhere"}, {"--control = nowhere", "no port"});
}

TEST_CASE("directories and files that can't be written are named") {
  scratch_directory scratch;
  auto below_file = scratch.write("file", "") + "/below";
  arguments few{"run", "--set", "source.sim.ticks=1000"};
  check_refused(scratch, few + arguments{"--state-dir", below_file, "--results", scratch.path("r")},
                {below_file, "state_dir"});
  check_refused(scratch, few + arguments{"--results", below_file, "--state-dir", scratch.path("s")},
                {below_file, "results directory"});
  check_refused(scratch, good_run(scratch) + arguments{"--log-file", below_file},
                {below_file, "log.file"});
  check_refused(scratch,
                good_run(scratch) + arguments{"--role", "data", "--join", "127.0.0.1:1",
                                              "--announce-file", below_file},
                {below_file}, 2);
  auto corrupt = scratch.write("corrupt/local/host/epoch", "tickmesh epoch store 1\n");
  check_refused(
      scratch,
      few + arguments{"--state-dir", scratch.path("corrupt"), "--results", scratch.path("r")},
      {corrupt, "truncated"});
}

TEST_CASE("a log that can't be written does not stop a run") {
  scratch_directory scratch;
  cluster_run cluster{scratch, sim_flags(2'000, 2'000, 0) + arguments{"--log-file", "/dev/full"}};
  cluster.start(five_workers);
  cluster.wait_for_success();
  CHECK(merge_and_read(scratch, cluster.results()).count("/ticks/in") == 2'000);
}

TEST_CASE("what another process holds is refused by name: a port, a state directory") {
  scratch_directory scratch;
  cluster_run cluster{scratch, endless_sim_flags()};
  scratch_directory other;
  check_refused(other,
                good_run(other) + arguments{"--role", "control", "--listen", cluster.address()},
                {"cannot listen on " + cluster.address(), "is the port taken?"}, 2);
  auto locked = scratch.path("state/control/host");
  check_refused(other,
                {"run", "--host-id", "control", "--state-dir", scratch.path("state"), "--results",
                 other.path("results")},
                {locked, "locked by another process"});
  CHECK(cluster.host("control").is_running());
}

TEST_CASE("a control host that can't be reached is named after the join time-out") {
  scratch_directory scratch;
  std::string free_address; // of a control host that has ended
  {
    scratch_directory past;
    free_address = cluster_run{past, endless_sim_flags()}.address();
  }
  auto began = std::chrono::steady_clock::now();
  check_refused(scratch,
                good_run(scratch) + arguments{"--role", "data", "--join", free_address, "--set",
                                              "cluster.join_timeout_ms=1500"},
                {"cannot reach the control host at " + free_address, "within 1500 ms", "--join"},
                2);
  CHECK(std::chrono::steady_clock::now() - began >= milliseconds{1'500});
  check_refused(scratch, {"status", "--control", free_address},
                {"no control host answers at " + free_address});
}

} // namespace tickmesh::bad_input_test
