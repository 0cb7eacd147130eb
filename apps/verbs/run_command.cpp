// `tickmesh run`, `tickmesh config check` and `tickmesh results merge`.
#include "apps/host/logging.hpp"
#include "apps/host/memory_limits.hpp"
#include "apps/host/process.hpp"
#include "apps/host/progress.hpp"
#include "apps/host/progress_bar.hpp"
#include "apps/reports/run_report.hpp"
#include "apps/reports/summary.hpp"
#include "apps/results/merge_results.hpp"
#include "apps/results/npy_results.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/verbs/commands.hpp"
#include "runtime/results/json_text.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/message_floor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace tickmesh {

namespace {

std::vector<setting_override> overrides_of(const run_flags& flags) {
  std::vector<setting_override> out;
  auto add = [&](const char* key, const std::optional<std::string>& value, const char* flag) {
    if (value) out.push_back({key, *value, flag});
  };
  add("host.id", flags.host_id, "--host-id");
  add("host.listen", flags.listen, "--listen");
  add("host.join", flags.join, "--join");
  add("network.certificates", flags.certificates, "--certificates");
  add("host.announce_file", flags.announce_file, "--announce-file");
  add("host.state_dir", flags.state_dir, "--state-dir");
  add("host.results_dir", flags.results_dir, "--results");
  add("host.scheduler_threads", flags.parallel, "--parallel");
  add("source.speed", flags.speed, "--speed");
  add("log.file", flags.log_file, "--log-file");
  if (!flags.roles.empty())
    out.push_back({"host.roles", fmt::format("{}", fmt::join(flags.roles, ",")), "--role"});
  if (flags.standby) out.push_back({"host.standby", "true", "--standby"});
  if (flags.insecure_network)
    out.push_back({"host.insecure_network", "true", "--insecure-network"});
  if (flags.no_results) out.push_back({"results.enabled", "false", "--no-results"});
  if (flags.npy) out.push_back({"results.npy", "true", "--npy"});
  if (!flags.files.empty()) {
    out.push_back({"source.kind", "file", "--file"});
    out.push_back({"source.file.paths", fmt::format("{}", fmt::join(flags.files, ",")), "--file"});
  }
  return out;
}

/// In one process there is one slot of each role, whatever the cluster would have.
void embed(settings& config) {
  config.host.roles = {role::data, role::calc, role::exec, role::control};
  config.cluster.data_slots = config.cluster.calc_slots = config.cluster.exec_slots = 1;
}

/// Gives seconds, each since the last question.
class stopwatch {
public:
  double lap() {
    auto now = clock::now();
    return std::chrono::duration<double>(now - std::exchange(begin_, now)).count();
  }

private:
  using clock = std::chrono::steady_clock;
  clock::time_point begin_ = clock::now();
};

/// Merges, and shows how far it is.
result<merged_results> merge_visibly(const std::vector<std::string>& directories,
                                     const std::string& out) {
  std::optional<progress_bar> bar; // from the first thousands on: most runs have few rows
  return merge_results(directories, out, [&bar](std::uint64_t done, std::uint64_t all) {
    if (!bar) bar.emplace("merging", "rows");
    bar->show(done, all);
  });
}

/// What was made of the result files.
struct further_files {
  std::string report; ///< its path; empty: none
  int exit_code = 0;
};

/// Makes the page to look at, where there are rows to show, and arrays where they are wanted. Those
/// of an earlier run go first, so that what stands beside the results is theirs.
further_files write_further(const merged_results& results, const std::string& directory,
                            bool has_npy) {
  further_files out;
  std::error_code ignored;
  auto report = directory + "/" + report_file;
  std::filesystem::remove(report, ignored);
  remove_npy_files(directory);
  if (!has_rows(results)) return out;
  auto written = write_report(results, directory);
  if (written) out.report = report;
  if (written && has_npy) written = write_npy_files(directory);
  if (written) return out;
  fmt::print(stderr, "tickmesh: {}\n", written.error().message);
  out.exit_code = exit_failure;
  return out;
}

/// Where a run in one process that is to leave no results has what its summary is made of, until it
/// ends.
class passing_results {
public:
  /// Sends the results there, unless they are to stay.
  explicit passing_results(settings& config) {
    if (config.results.enabled) return;
    directory_ = std::filesystem::path{config.host.state_dir} / config.host.id /
                 fmt::format("results-{}.tmp", ::getpid());
    config.results = {.enabled = true, .rows = false, .npy = false};
    config.host.results_dir = directory_.string();
  }
  passing_results(const passing_results&) = delete;
  passing_results& operator=(const passing_results&) = delete;
  ~passing_results() {
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }

  bool are_kept() const { return directory_.empty(); }

private:
  std::filesystem::path directory_;
};

/// Merges an embedded run's own parts and prints the summary.
int show_results(const settings& config, bool are_kept, waiting_times waited, stopwatch& watch) {
  auto& directory = config.host.results_dir;
  auto merged = merge_visibly({parts_directory(config.host)}, directory);
  if (!merged) {
    fmt::print(stderr, "tickmesh: {}\n", merged.error().message);
    return exit_failure;
  }
  auto further = write_further(*merged, directory, config.results.npy);
  waited.merging = watch.lap();
  fmt::print("{}", describe_results(*merged, are_kept ? directory : "",
                                    {.waited = waited, .report = further.report}));
  return further.exit_code;
}

/// Whether the files that a run is to read are there, which is for whoever starts it to see to;
/// prints those that are not.
bool check_inputs(const settings& config) {
  bool all_good = true;
  auto check = [&all_good](const char* key, const std::vector<std::string>& paths, bool is_file) {
    for (auto& path : paths) {
      std::error_code error;
      std::string_view what;
      if (!std::filesystem::exists(path, error))
        what = "No such file or directory";
      else if (is_file && !std::filesystem::is_regular_file(path, error))
        what = "is not a regular file";
      if (what.empty()) continue;
      fmt::print(stderr, "tickmesh: {} = {}: {}; give one that is there\n", key, path, what);
      all_good = false;
    }
  };
  if (!config.host.roles.contains(role::data)) return true;
  if (config.source.kind == source_kind::file)
    check("source.file.paths (--file)", config.source.file.paths, true);
  if (config.source.kind == source_kind::ticklog)
    check("source.ticklog.paths", config.source.ticklog.paths, false);
  return all_good;
}

} // namespace

int run(const run_flags& flags) {
  stopwatch watch;
  waiting_times waited;
  auto loaded = load_command_settings(flags.config, overrides_of(flags));
  if (print_faults(loaded.faults)) return exit_usage;
  process_options options;
  options.config = std::move(loaded.value);
  options.recover = flags.recover;
  auto& config = options.config;
  options.embedded = config.host.roles.empty();
  if (options.embedded) embed(config);
  std::optional<passing_results> passing;
  if (options.embedded) passing.emplace(config);
  bool is_control = config.host.roles.contains(role::control);
  if (!is_control && !config.host.join) {
    fmt::print(stderr, "tickmesh: a host without the role control needs --join ADDR:PORT, the "
                       "address of the control host\n");
    return exit_usage;
  }
  if (!check_inputs(config)) return exit_usage;
  auto needed = run_memory_mib_min + thread_memory_mib * (config.host.scheduler_threads - 1);
  if (auto enough = check_memory_limits("run", needed); !enough) {
    fmt::print(stderr, "tickmesh: {}\n", enough.error().message);
    return exit_failure;
  }
  if (auto logging = start_logging(config.log, config.host.id); !logging) {
    fmt::print(stderr, "tickmesh: {}\n", logging.error().message);
    return exit_usage;
  }
  if (options.embedded && options.config.log.file.empty())
    set_log_level(std::max(get_log_level(), log_level::warn));
  auto last_status = std::make_shared<wire::Status>();
  if (is_control)
    options.on_status = [line = std::make_shared<progress_line>(),
                         last_status](const wire::Status& status) {
      line->show(status);
      *last_status = status;
    };
  options.on_prepared = [&] { waited.reading = watch.lap(); };
  auto outcome = run_process(options);
  waited.running = watch.lap();
  if (!outcome) {
    fmt::print(stderr, "tickmesh: {}\n", outcome.error().message);
    return exit_failure;
  }
  if (outcome->exit_code != 0) {
    fmt::print(stderr, "tickmesh: stopped: {}\n", outcome->reason);
    return outcome->exit_code;
  }
  if (passing) return show_results(config, passing->are_kept(), waited, watch);
  if (is_control && !config.results.enabled) fmt::print("{}", describe_counts(*last_status));
  log_info("stopped: {}", outcome->reason);
  return 0;
}

int check_config(const config_flags& flags) {
  auto loaded = load_command_settings(flags, {});
  if (print_faults(loaded.faults)) return exit_usage;
  fmt::print("no faults: {} strategies, {} instruments\n", loaded.value.strategies.size(),
             loaded.value.instruments.entries().size());
  return 0;
}

/// The yardstick for the delays of a run of several processes on one machine.
std::optional<nanoseconds> floor_of(const nlohmann::ordered_json& run) {
  if (run.at("processes").size() < 2) return std::nullopt;
  for (auto& host : run.at("cluster").at("hosts"))
    if (!host.at("shared_clock").get<bool>()) return std::nullopt;
  return measure_message_floor();
}

int merge(const results_flags& flags) {
  if (auto good = check_result_directories(flags.directories); !good) {
    fmt::print(stderr, "tickmesh: {}\n", good.error().message);
    return exit_usage;
  }
  auto out = flags.out.empty() ? flags.directories.front() : flags.out;
  auto merged = merge_visibly(flags.directories, out);
  if (!merged) {
    fmt::print(stderr, "tickmesh: {}\n", merged.error().message);
    return exit_failure;
  }
  auto further = write_further(*merged, out, flags.npy);
  if (flags.json)
    fmt::print("{}\n", json_text(merged->summary, 2));
  else
    fmt::print(
        "{}", describe_results(*merged, out,
                               {.message_floor = floor_of(merged->run), .report = further.report}));
  return further.exit_code;
}

} // namespace tickmesh
