// How fast an execution slot is: the real actors on CAF's real scheduler, with their journal on a
// disk, every rule on, and inputs in link frames as slots upstream send them.
//
//   execution_benchmark [--quick] [--json FILE] [--commit TEXT] [--dir DIR] [--threads N]
//                       [--only never|always|load|load_by_event_time|halts|past_orders]
//
// verdicts_per_s: durability `interval`, by arrival with the brokers `accept`; a note gives the
// same by event time with the brokers `sim`. A signal comes with a tick, both in frames of 64, as
// far ahead as the links have credit; the time is from the first frame until the slot has finished.
//
// signal_to_broker_p50_vs_floor, ..._vs_rtt_never: one signal at a time, the next one when the slot
// has acknowledged the last and a while has passed; from handing over its frame until the broker
// has the order. In turns with each, after the same while: a request and its answer between two
// bare actors, and for the floor one write of as many bytes as the signal's record behind the last
// one, and one fdatasync, in the directory of the journal.
//
// halt_ms_p99: from an operator's halt until its answer, when it is in the journal and nothing
// leaves any more, while the slot is under the load of verdicts_per_s; in between, trading is let
// go on.
//
// halt_ms_1m_vs_1k, session_up_ms_1m_vs_1k: a trading state with 1,000,000 past orders against one
// with 1,000, both with 200 open ones, in turns: what a halt that cancels all costs it, and a
// session that is back.
//
// DIR, on a real disk, is by default the system's for temporary files; N, of scheduler threads, is
// 1 as on a host. Prints the median of the turns with the lowest and highest; FILE gets {"figures":
// {key: median}, "notes": {text: median}}.
#include "perf/execution_turn.hpp"
#include "perf/past_orders.hpp"
#include "perf/trading_load.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"
#include "runtime/telemetry/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <fstream>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;

struct flags {
  std::uint64_t signals = 384'000; ///< of one turn under load
  std::uint32_t samples = 400;     ///< of one turn one at a time; one frame of ticks covers them
  std::size_t turns = 5;
  std::size_t halts_min = 100; ///< of a turn, so that there is a p99
  std::string json_file;
  std::string commit = "unknown";
  fs::path directory = fs::temp_directory_path();
  std::uint32_t threads = 1; ///< of the scheduler; the default of a host
  std::string only;
};

class scratch {
public:
  explicit scratch(const fs::path& parent) {
    auto pattern = (parent / "execution_benchmark_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) stop("cannot make a directory in " + parent.string());
    path_ = pattern;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

/// Values by name, in the order in which they were first added.
class values {
public:
  void add(const std::string& name, double value) {
    auto found = std::find_if(all_.begin(), all_.end(), [&](auto& v) { return v.first == name; });
    if (found == all_.end()) found = all_.insert(all_.end(), {name, {}});
    found->second.push_back(value);
  }
  nlohmann::ordered_json print() const {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (auto& [name, each] : all_) {
      auto [low, high] = std::minmax_element(each.begin(), each.end());
      out[name] = median(each);
      fmt::print("{:48} {:14.3f}  ({:.3f} to {:.3f})\n", name, median(each), *low, *high);
    }
    return out;
  }

private:
  std::vector<std::pair<std::string, std::vector<double>>> all_;
};

class benchmark {
public:
  explicit benchmark(const flags& given)
      : given_(given), files_(given.directory), options_(system_options(given)), config_(options_),
        system_(config_) {
    take(verify(system_, options_));
  }

  /// The parts that fill the disk's queues come last.
  void run() {
    std::pair<std::string_view, void (benchmark::*)()> parts[] = {
        {"never", &benchmark::measure_never},
        {"always", &benchmark::measure_always},
        {"load", &benchmark::measure_load},
        {"load_by_event_time", &benchmark::measure_load_by_event_time},
        {"halts", &benchmark::measure_halts},
        {"past_orders", &benchmark::measure_past_orders}};
    for (auto& [name, measure] : parts)
      for (std::size_t turn = 0; turn < given_.turns; ++turn)
        if (given_.only.empty() || given_.only == name) (this->*measure)();
  }

  nlohmann::ordered_json print() const {
    nlohmann::ordered_json out;
    out["figures"] = figures_.print();
    out["notes"] = notes_.print();
    return out;
  }

private:
  static actor_system_options system_options(const flags& given) {
    return {.scheduler = given.threads == 1 ? scheduler_kind::reactor : scheduler_kind::caf,
            .scheduler_threads = given.threads};
  }
  fs::path next_directory() { return files_.path() / fmt::format("slot-{}", ++slots_); }

  load_result load(input_order order) {
    auto settings = benchmark_settings(log_durability::interval, order);
    return run_load(system_, next_directory(), settings, given_.signals);
  }

  void measure_load() {
    auto result = load(input_order::arrival);
    figures_.add("verdicts_per_s", result.verdicts_per_s);
    add_notes("by arrival, accept", result);
  }

  void measure_load_by_event_time() {
    auto result = load(input_order::event_time);
    notes_.add("by event time, sim: verdicts a second", result.verdicts_per_s);
    add_notes("by event time, sim", result);
  }

  void measure_halts() {
    auto settings = benchmark_settings(log_durability::interval, input_order::arrival);
    auto ms = run_halts(system_, next_directory(), settings, given_.signals, given_.halts_min);
    figures_.add("halt_ms_p99", quantile(ms, 0.99));
    notes_.add("halt under load, p50 ms", quantile(ms, 0.5));
    notes_.add("halts of a turn", static_cast<double>(ms.size()));
  }

  void measure_past_orders() {
    constexpr std::size_t few = 1'000, many = 1'000'000, repetitions = 50;
    auto [with_few, with_many] = compare_past_orders(few, many, repetitions);
    figures_.add("halt_ms_1m_vs_1k", median(with_many.halt_ms) / median(with_few.halt_ms));
    figures_.add("session_up_ms_1m_vs_1k",
                 median(with_many.session_up_ms) / median(with_few.session_up_ms));
    notes_.add("snapshot, 1m past orders vs 1k",
               median(with_many.snapshot_ms) / median(with_few.snapshot_ms));
    notes_.add("halt with 200 open and 1k past orders, p50 ms", median(with_few.halt_ms));
  }

  void add_notes(const std::string& how, const load_result& result) {
    notes_.add(how + ": CPU us a verdict", result.cpu_us_per_verdict);
    if (given_.threads == 1)
      notes_.add(how + ": of it, the scheduler's thread", result.thread_cpu_us_per_verdict);
    notes_.add(how + ": share of signals approved", result.approved_share);
  }

  void measure_always() {
    auto run = [this](std::uint32_t samples, std::size_t bytes, bool behind_ticks) {
      return run_samples(system_, next_directory(), log_durability::always, samples, bytes,
                         behind_ticks);
    };
    if (record_bytes_ == 0) record_bytes_ = run(10, 0, false).record_bytes;
    auto got = run(given_.samples, record_bytes_, false);
    figures_.add("signal_to_broker_p50_vs_floor", got.signal_us / got.bare_us);
    notes_.add("always: signal to broker, p50 us", got.signal_us);
    notes_.add("always: signal to broker, p99 us", got.signal_p99_us);
    notes_.add("always: floor, p50 us", got.bare_us);
    notes_.add("bytes of a signal's record", static_cast<double>(record_bytes_));
    got = run(given_.samples / 2, record_bytes_, true);
    notes_.add("always, right behind a tick: p50 vs floor", got.signal_us / got.bare_us);
  }

  void measure_never() {
    auto got = run_samples(system_, next_directory(), log_durability::never, given_.samples, 0);
    figures_.add("signal_to_broker_p50_vs_rtt_never", got.signal_us / got.bare_us);
    notes_.add("never: signal to broker, p50 us", got.signal_us);
    notes_.add("never: signal to broker, p99 us", got.signal_p99_us);
    notes_.add("never: bare request, p50 us", got.bare_us);
  }

  const flags& given_;
  scratch files_;
  actor_system_options options_;
  actor_system_config config_;
  caf::actor_system system_;
  std::size_t slots_ = 0;
  std::size_t record_bytes_ = 0;
  values figures_, notes_;
};

flags read_flags(int count, char** words) {
  flags out;
  auto number = [](const char* text) { return std::strtoul(text, nullptr, 10); };
  for (int i = 1; i < count; ++i) {
    std::string_view word = words[i];
    bool has_value = i + 1 < count;
    if (word == "--quick") {
      out.signals = 128'000;
      out.samples = 100;
      out.turns = 1;
      out.halts_min = 30;
    } else if (word == "--json" && has_value)
      out.json_file = words[++i];
    else if (word == "--commit" && has_value)
      out.commit = words[++i];
    else if (word == "--dir" && has_value)
      out.directory = words[++i];
    else if (word == "--threads" && has_value)
      out.threads = std::max(static_cast<std::uint32_t>(number(words[++i])), 1U);
    else if (word == "--only" && has_value)
      out.only = words[++i];
    else
      stop(fmt::format("{}: unknown; allowed: --quick, --json FILE, --commit TEXT, --dir DIR, "
                       "--threads N, --only PART",
                       word));
  }
  return out;
}

} // namespace

} // namespace tickmesh

int main(int count, char** words) {
  using namespace tickmesh;
  auto given = read_flags(count, words);
  set_log_level(log_level::error); // operators' commands are logged
  fmt::print("execution, commit {}, {}, {}\n", given.commit, machine_description(), __VERSION__);
  benchmark all{given};
  all.run();
  auto out = all.print();
  if (given.json_file.empty()) return 0;
  std::ofstream file{given.json_file};
  file << out.dump(2) << '\n';
  file.close();
  if (!file) stop("cannot write " + given.json_file);
}
