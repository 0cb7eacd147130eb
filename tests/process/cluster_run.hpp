// A cluster of processes on this machine, and the results that it leaves: for the tests here.
#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/source_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

namespace tickmesh {

/// Both, one after the other.
inline arguments operator+(arguments a, const arguments& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// The flags of a simulated market; its windows are short so that both strategies get to work, and
/// it loses enough for every limit to come into play.
inline arguments sim_flags(std::uint64_t ticks, std::uint64_t ticks_per_second, double speed) {
  return {"--config", source_path("config/local-cluster.toml"),
          "--set",    "source.sim.ticks=" + std::to_string(ticks),
          "--set",    "source.sim.ticks_per_second=" + std::to_string(ticks_per_second),
          "--set",    "strategies.1.window_s=20",
          "--set",    "strategies.1.step_s=5",
          "--set",    "execution.limits.daily_loss_max=100000",
          "--speed",  std::to_string(speed)};
}

/// The speed of a market for a test that has to start processes and to ask questions before it is
/// over: `speed` where a process starts at once, and slower where the machine is busy.
inline double paced(double speed) {
  constexpr std::chrono::duration<double> at_once{0.025};
  constexpr double slowest = 8;
  scratch_directory scratch;
  auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i)
    REQUIRE(run_tickmesh(scratch, {"--version"}).code == 0);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return speed / std::clamp(took / (3 * at_once), 1.0, slowest);
}

/// A simulated market in real time that outlasts every test that interrupts it, on a busy machine,
/// too: 40,000 ticks a second for five minutes.
inline arguments endless_sim_flags() {
  return sim_flags(12'000'000, 40'000, 1) +
         arguments{"--set", "cluster.health_check_interval_ms=100"};
}

/// A file of 5,000 ticks of SIM0001 and SIM0002, ten a second, whose prices move.
inline std::string write_market_of_two(const scratch_directory& scratch) {
  std::string text{"timestamp,symbol,kind,last,volume,bid,bid_volume,ask,ask_volume\n"};
  for (int i = 0; i < 5'000; ++i) {
    auto units = 100 + i * 7919 % 13;
    text += std::to_string(1'704'157'200'000'000'000 + i * 100'000'000LL) + ",SIM000" +
            std::to_string(1 + i % 2) + ",snapshot," + std::to_string(units) + ",1," +
            std::to_string(units - 1) + ",5," + std::to_string(units + 1) + ",5\n";
  }
  return scratch.write("ticks.csv", text);
}

struct host_spec {
  std::string id;
  std::string role;
  std::string process = id; ///< name in the test, for a second process with the same id
};

inline const std::vector<host_spec> five_workers{{"data-0", "data"},
                                                 {"data-1", "data"},
                                                 {"calc-0", "calc"},
                                                 {"calc-1", "calc"},
                                                 {"exec-0", "exec"}};

/// One control host and workers, each a process with ports that the system chose. Everything they
/// write is below the scratch directory.
class cluster_run {
public:
  /// Starts a control host with the id "control" and waits for its address. All hosts get `flags`.
  cluster_run(const scratch_directory& scratch, arguments flags,
              const arguments& control_flags = {})
      : scratch_(scratch), flags_(std::move(flags)) {
    std::filesystem::remove(scratch_.path("control.address"));
    start_host({"control", "control"}, control_flags);
    bool announced = wait_until(patience, [this] {
      address_ = file_text(scratch_.path("control.address"));
      return !address_.empty() || !host("control").is_running();
    });
    REQUIRE_MESSAGE((announced && !address_.empty()), host("control").err());
    address_.pop_back(); // the line break
  }

  /// Starts workers that join the control host, with flags beside the cluster's.
  void start(const std::vector<host_spec>& specs, const arguments& extra = {}) {
    for (auto& spec : specs)
      start_host(spec, arguments{"--join", address_} + extra);
  }

  child_process& host(const std::string& id) { return hosts_.at(id); }
  const std::string& address() const { return address_; }
  std::string results() const { return scratch_.path("results"); }

  /// The answer of `tickmesh status --json`, or nothing.
  std::optional<nlohmann::json> status(const arguments& flags = {}) const {
    auto answer =
        run_tickmesh(scratch_, arguments{"status", "--json", "--control", address_} + flags);
    if (answer.code != 0) return std::nullopt;
    return nlohmann::json::parse(answer.out);
  }

  /// Waits until the cluster is in `phase`; the status in which it was.
  nlohmann::json wait_for_phase(const std::string& phase) const {
    return wait_for_status([&](auto& status) { return status.at("phase") == phase; });
  }

  /// Waits until ticks flow from end to end.
  void wait_for_orders() const {
    wait_for_status([](auto& status) {
      return status.at("phase") == "RUNNING" && status.at("execution").at("fills") > 0;
    });
  }

  /// Waits for the end of all processes; their exit codes by host.
  std::map<std::string, int> wait_for_all(std::chrono::milliseconds limit = patience) {
    std::map<std::string, int> codes;
    for (auto& [id, process] : hosts_)
      codes[id] = process.wait(limit);
    return codes;
  }

  /// Waits for an end without failure.
  void wait_for_success(std::chrono::milliseconds limit = patience) {
    for (auto& [id, code] : wait_for_all(limit))
      CHECK_MESSAGE(code == 0, id, ": ", host(id).err());
  }

private:
  void start_host(const host_spec& spec, const arguments& extra) {
    arguments args{"run",
                   "--role",
                   spec.role,
                   "--host-id",
                   spec.id,
                   "--listen",
                   "127.0.0.1:0",
                   "--announce-file",
                   scratch_.path(spec.process + ".address"),
                   "--state-dir",
                   scratch_.path(spec.process == spec.id ? "state" : spec.process),
                   "--results",
                   scratch_.path("results")};
    hosts_.erase(spec.process);
    hosts_.try_emplace(spec.process, scratch_.path(""), spec.process, program_under_test(),
                       args + flags_ + extra);
  }

  template <class Condition>
  nlohmann::json wait_for_status(Condition condition) const {
    std::optional<nlohmann::json> last;
    auto pause = std::chrono::milliseconds{50}; // each look is a process
    bool reached = wait_until(
        patience,
        [&] {
          last = status();
          return last && condition(*last);
        },
        pause);
    REQUIRE_MESSAGE(reached, "the last status was ", last ? last->dump(2) : "none");
    return *last;
  }

  const scratch_directory& scratch_;
  arguments flags_;
  std::string address_;
  std::map<std::string, child_process> hosts_;
};

/// The file of a kind of rows in a host's part of the results, whose name bears slot and epoch.
/// Empty where there is none.
inline std::string rows_file(const std::string& part, const std::string& kind) {
  std::error_code missing;
  for (auto& entry : std::filesystem::directory_iterator{part, missing})
    if (entry.path().filename().string().starts_with(kind + ".")) return entry.path().string();
  return {};
}

/// The results of a run, merged.
struct merged_run {
  std::map<std::string, std::string> files; ///< those that must not depend on the topology
  nlohmann::json summary;
  nlohmann::json run;

  std::uint64_t count(const std::string& pointer) const {
    return summary.at(nlohmann::json::json_pointer{pointer}).get<std::uint64_t>();
  }
};

inline constexpr std::array<const char*, 9> result_names{
    "ticks_rejected.csv", "factors.csv", "signals.csv", "orders.csv",  "fills.csv",
    "positions.csv",      "pnl.csv",     "bars.csv",    "summary.json"};

inline merged_run read_results(const std::string& directory) {
  merged_run out;
  for (auto* name : result_names) {
    out.files[name] = file_text(directory + "/" + name);
    REQUIRE_MESSAGE(!out.files[name].empty(), directory, "/", name);
  }
  out.summary = nlohmann::json::parse(out.files["summary.json"]);
  out.run = nlohmann::json::parse(file_text(directory + "/run.json"));
  return out;
}

/// Merges what a cluster left and reads it.
inline merged_run merge_and_read(const scratch_directory& scratch, const std::string& results) {
  auto merged = run_tickmesh(scratch, {"results", "merge", results});
  REQUIRE_MESSAGE(merged.code == 0, merged.err);
  return read_results(results);
}

/// A whole run of a cluster.
inline merged_run run_cluster(const scratch_directory& scratch, const arguments& flags,
                              const std::vector<host_spec>& workers = five_workers) {
  cluster_run cluster{scratch, flags};
  cluster.start(workers);
  cluster.wait_for_success();
  return merge_and_read(scratch, cluster.results());
}

/// A whole run in one process.
inline merged_run run_embedded(const scratch_directory& scratch, const arguments& flags) {
  auto run = run_tickmesh(scratch, arguments{"run", "--state-dir", scratch.path("state"),
                                             "--results", scratch.path("results")} +
                                       flags);
  REQUIRE_MESSAGE(run.code == 0, run.err);
  return read_results(scratch.path("results"));
}

/// Rows of a file of results by the value in one column.
inline std::map<std::string, std::uint64_t> rows_by(const std::string& text,
                                                    std::string_view column) {
  std::map<std::string, std::uint64_t> out;
  std::size_t wanted = SIZE_MAX;
  for (std::string_view rest = text; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    std::vector<std::string_view> fields;
    for (std::size_t begin = 0; begin <= line.size();) {
      auto comma = std::min(line.find(',', begin), line.size());
      fields.push_back(line.substr(begin, comma - begin));
      begin = comma + 1;
    }
    if (wanted != SIZE_MAX) {
      ++out[std::string{fields.at(wanted)}];
      continue;
    }
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (fields[i] == column) wanted = i;
    REQUIRE_MESSAGE(wanted != SIZE_MAX, "no column ", column);
  }
  return out;
}

/// Checks that two runs left the same bytes.
inline void check_same_bytes(const merged_run& a, const merged_run& b) {
  for (auto* name : result_names) {
    auto& left = a.files.at(name);
    auto& right = b.files.at(name);
    auto [l, r] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
    CHECK_MESSAGE((l == left.end() && r == right.end()), name, " differs from byte ",
                  l - left.begin(), " on; sizes ", left.size(), " and ", right.size());
  }
}

/// Waits until the cluster has taken in this many ticks, or has ended.
inline void wait_for_ticks(cluster_run& cluster, std::uint64_t ticks) {
  bool reached = wait_until(patience, [&] {
    auto now = cluster.status();
    return now && now->at("counts").contains("ticks_in") &&
           now->at("counts").at("ticks_in").get<std::uint64_t>() >= ticks;
  });
  REQUIRE_MESSAGE(reached, cluster.host("control").err());
}

} // namespace tickmesh
