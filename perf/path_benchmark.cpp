// How fast the whole path is: simulator, cleaning, links, calculation, risk, orders and venue as
// `tickmesh run --no-results` in one process, beside the bare strategy kernel in the same run.
//
//   path_benchmark [--quick] [--json FILE] [--runs N] [--commit TEXT]
//
// Path and kernel take turns; the ratio of a turn is path CPU by kernel CPU a tick, and what is
// printed is the median turn with the lowest and highest. The CPU of an empty run (one tick) is
// taken off and shown.
#include "perf/strategy_kernel.hpp"
#include "runtime/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

extern char** environ; // NOLINT: POSIX

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct flags {
  std::uint64_t ticks = 1'000'000;
  std::size_t runs = 5;
  std::string json_file;
  std::string commit = "unknown";
};

struct cost {
  double wall_s = 0;
  double cpu_s = 0;
};

struct spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

json to_json(const spread& s) {
  return {{"median", s.median}, {"min", s.least}, {"max", s.most}};
}

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "path_benchmark: {}\n", message);
  std::exit(1);
}

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

/// A directory for configuration, state and logs that goes with the object.
class scratch {
public:
  scratch() {
    auto pattern = (fs::temp_directory_path() / "path_benchmark_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) stop("cannot create a directory for the runs");
    directory_ = pattern;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  std::string path(const std::string& name) const { return directory_ / name; }

private:
  fs::path directory_;
};

/// The kernel's strategies as the configuration has them: bands of 20 prices, widths 2, 2.05, ...
std::string write_configuration(const scratch& files, std::size_t strategies) {
  auto text = fmt::format("[source.sim]\nsymbols = {}\n", strategy_kernel::symbols);
  for (std::size_t i = 0; i < strategies; ++i)
    text += fmt::format("[[strategies]]\nname = \"boll{}\"\nmode = \"reactive\"\nperiod = {}\n"
                        "width = {:.2f}\n",
                        i, strategy_kernel::period, 2 + 0.05 * static_cast<double>(i));
  auto path = files.path(fmt::format("strategies{}.toml", strategies));
  std::ofstream{path} << text;
  return path;
}

cost run_program(const scratch& files, const std::string& config, std::uint64_t ticks,
                 std::vector<std::string> more) {
  std::vector<std::string> words{TICKMESH_PROGRAM, "run",
                                 "--config",       config,
                                 "--state-dir",    files.path("state"),
                                 "--set",          fmt::format("source.sim.ticks={}", ticks)};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  auto log = files.path("log");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  auto begin = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (::posix_spawn(&child, TICKMESH_PROGRAM, &actions, nullptr, arguments.data(), environ) != 0)
    stop("cannot start " TICKMESH_PROGRAM);
  posix_spawn_file_actions_destroy(&actions);
  int status = 0;
  rusage used{};
  if (::wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    stop(fmt::format("a run failed:\n{}",
                     (std::ostringstream{} << std::ifstream{log}.rdbuf()).str()));
  std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {wall.count(), seconds(used.ru_utime) + seconds(used.ru_stime)};
}

double own_cpu_s() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// CPU ns a tick of the bare kernel.
double run_kernel(strategy_kernel& kernel, std::uint64_t ticks) {
  auto begin = own_cpu_s();
  volatile auto signals = kernel.run(ticks);
  static_cast<void>(signals);
  return (own_cpu_s() - begin) * 1e9 / static_cast<double>(ticks);
}

/// What a tick leads to, from a shorter run with results; its counts must be complete.
json count_work(const scratch& files, const std::string& config, std::size_t strategies) {
  constexpr std::uint64_t ticks = 50'000;
  auto results = files.path("results");
  run_program(files, config, ticks, {"--results", results});
  auto summary = json::parse(std::ifstream{results + "/summary.json"});
  auto accepted = summary.at("ticks").at("accepted").get<std::uint64_t>();
  auto factors = summary.at("factors").get<std::uint64_t>();
  // Each symbol's first prices have no band yet.
  auto factors_min = (accepted - strategy_kernel::symbols * strategy_kernel::period) * strategies;
  if (summary.at("ticks").at("in") != ticks || factors < factors_min || factors == 0)
    stop(fmt::format("the run did not do its work: {}", summary.at("ticks").dump()));
  fs::remove_all(results);
  std::uint64_t orders = 0;
  for (auto& [verdict, count] : summary.at("orders").at("by_verdict").items())
    orders += count.get<std::uint64_t>();
  auto share = [&](double count) { return count / static_cast<double>(ticks); };
  return {{"factors_per_tick", share(static_cast<double>(factors))},
          {"signals_per_tick", share(summary.at("signals").get<double>())},
          {"orders_per_tick", share(static_cast<double>(orders))},
          {"fills_per_tick", share(summary.at("fills").get<double>())}};
}

json measure(const scratch& files, const flags& given, std::size_t strategies) {
  auto config = write_configuration(files, strategies);
  json out{{"strategies", strategies}, {"ticks", given.ticks}};
  out["work"] = count_work(files, config, strategies);
  auto empty = run_program(files, config, 1, {"--no-results"});
  for (int i = 0; i < 2; ++i)
    empty.cpu_s = std::min(empty.cpu_s, run_program(files, config, 1, {"--no-results"}).cpu_s);
  out["empty_run_cpu_s"] = empty.cpu_s;
  strategy_kernel kernel{strategies};
  auto kernel_ticks = 20 * given.ticks / strategies;
  run_kernel(kernel, kernel_ticks / 10);
  std::vector<double> rates, path_ns, kernel_ns, ratios;
  auto ticks = static_cast<double>(given.ticks);
  for (std::size_t i = 0; i < given.runs; ++i) {
    auto bare = run_kernel(kernel, kernel_ticks);
    auto path = run_program(files, config, given.ticks, {"--no-results"});
    bare = (bare + run_kernel(kernel, kernel_ticks)) / 2;
    auto ns = (path.cpu_s - empty.cpu_s) * 1e9 / ticks;
    rates.push_back(ticks / path.wall_s);
    path_ns.push_back(ns);
    kernel_ns.push_back(bare);
    ratios.push_back(ns / bare);
  }
  out["ticks_per_second"] = to_json(spread_of(rates));
  out["path_cpu_ns_per_tick"] = to_json(spread_of(path_ns));
  out["kernel_cpu_ns_per_tick"] = to_json(spread_of(kernel_ns));
  out["path_by_kernel"] = to_json(spread_of(ratios));
  return out;
}

std::string describe(const json& workload) {
  auto text = [&](const char* key, int digits) {
    auto& s = workload.at(key);
    return fmt::format("{:.{}f} [{:.{}f}..{:.{}f}]", s.at("median").get<double>(), digits,
                       s.at("min").get<double>(), digits, s.at("max").get<double>(), digits);
  };
  return fmt::format("{:>10}  {:<28}  {:<22}  {:<20}  {}\n",
                     workload.at("strategies").get<std::size_t>(), text("ticks_per_second", 0),
                     text("path_cpu_ns_per_tick", 0), text("kernel_cpu_ns_per_tick", 1),
                     text("path_by_kernel", 1));
}

flags read_flags(int argc, char** argv) {
  flags out;
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool has_value = i + 1 < words.size();
    if (words[i] == "--quick")
      out.ticks = 200'000;
    else if (words[i] == "--json" && has_value)
      out.json_file = words[++i];
    else if (words[i] == "--runs" && has_value)
      out.runs = std::max<std::size_t>(std::strtoul(words[++i].c_str(), nullptr, 10), 1);
    else if (words[i] == "--commit" && has_value)
      out.commit = words[++i];
    else
      stop(words[i] + ": unknown; allowed: --quick, --json FILE, --runs N, --commit TEXT");
  }
  return out;
}

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  using namespace tickmesh;
  auto given = read_flags(argc, argv);
  scratch files;
  json out{{"benchmark", "path"},
           {"commit", given.commit},
           {"machine", machine_description()},
           {"compiler", __VERSION__},
           {"symbols", strategy_kernel::symbols},
           {"runs", given.runs}};
  fmt::print("path benchmark: {} ticks, {} symbols, one process, results off\n"
             "commit {}; {}; g++ {}\nmedian [lowest..highest] of {} turns\n\n"
             "{:>10}  {:<28}  {:<22}  {:<20}  {}\n",
             given.ticks, strategy_kernel::symbols, given.commit, machine_description(),
             __VERSION__, given.runs, "strategies", "ticks/s (start-up included)",
             "path CPU ns a tick", "kernel CPU ns a tick", "path / kernel");
  for (std::size_t strategies : {1, 20}) {
    out["workloads"].push_back(measure(files, given, strategies));
    fmt::print("{}", describe(out["workloads"].back()));
    std::fflush(stdout);
  }
  if (!given.json_file.empty() && !(std::ofstream{given.json_file} << out.dump(2) << "\n"))
    stop("cannot write " + given.json_file);
  return 0;
}
