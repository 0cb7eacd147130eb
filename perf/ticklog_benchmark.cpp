// How fast and how small the tick log is, beside HDF5 and SQLite on the same rows in the same run.
//
//   ticklog_benchmark [--quick] [--json FILE] [--runs N] [--commit TEXT]
//
// Writing is at durability `interval` (a sync every 10 ms from another thread) and ends when the
// last block is sealed. The three writers take turns; what is printed is the median with the lowest
// and highest, and FILE gets the medians: {"figures": {key: number}}. --quick takes one run of
// fewer ticks. Recorded data is looked for in SHARED_DATA, else in ../shared/data beside the source
// tree.
#include "actors/market/cleaning/tick_cleaner.hpp"
#include "actors/market/feed/feed.hpp"
#include "actors/market/sources/open_source.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "perf/ticklog_references.hpp"
#include "runtime/telemetry/machine.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>

namespace tickmesh {

namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;
using steady = std::chrono::steady_clock;

constexpr std::size_t run_ticks = 64;
constexpr std::size_t record_ticks = 4096;
constexpr std::int32_t trading_day = 20181008;
constexpr auto sync_interval = std::chrono::milliseconds{10};

struct flags {
  std::uint64_t ticks = 2'000'000;
  std::size_t runs = 3;
  std::string json_file;
  std::string commit = "unknown";
};

[[noreturn]] void stop(const std::string& message) {
  fmt::print(stderr, "ticklog_benchmark: {}\n", message);
  std::exit(1);
}

template <class T>
T take(result<T> value) {
  if (!value) stop(value.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

double seconds_since(steady::time_point begin) {
  return std::chrono::duration<double>(steady::now() - begin).count();
}

double process_cpu_s() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// What was measured: printed as it comes, kept as numbers.
class figures {
public:
  void add(const std::string& key, std::vector<double> values) {
    std::sort(values.begin(), values.end());
    auto median = values[values.size() / 2];
    fmt::print("{:42} {:14.2f}  ({:.2f} to {:.2f})\n", key, median, values.front(), values.back());
    numbers_[key] = median;
  }
  const json& numbers() const { return numbers_; }

private:
  json numbers_;
};

class scratch {
public:
  scratch() {
    auto pattern = (fs::temp_directory_path() / "ticklog_benchmark_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) stop("cannot create a directory for the runs");
    directory_ = pattern;
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }
  fs::path path(const std::string& name) const { return directory_ / name; }

private:
  fs::path directory_;
};

/// The accepted ticks of a recorded file, by symbol, as a data slot numbers them.
std::map<symbol_id, std::vector<tick>> read_recorded(const fs::path& file) {
  instrument any;
  any.pattern = "*";
  any.currency = "CNY";
  any.time_zone = file.string().find("binance") == std::string::npos ? "Asia/Shanghai" : "UTC";
  source_settings settings;
  settings.kind = source_kind::file;
  settings.file.paths = {file.string()};
  auto source = take(open_source(settings, instrument_table{{any}}));
  std::map<symbol_id, tick_cleaner> cleaners;
  std::map<symbol_id, std::vector<tick>> out;
  auto cursor = source->open();
  tick t;
  for (auto event = cursor->next(t); event != feed_event::end; event = cursor->next(t)) {
    if (event != feed_event::record) continue;
    auto [cleaner, fresh] = cleaners.try_emplace(t.symbol, cleaning_settings{}, true);
    if (!cleaner->second.clean(t)) out[t.symbol].push_back(t);
  }
  return out;
}

fs::path data_directory() {
  if (auto* set = std::getenv("SHARED_DATA")) return set;
  return fs::path{TICKMESH_SOURCE_DIR}.parent_path() / "shared" / "data";
}

struct encoded_record {
  std::string payload;
  std::uint32_t ticks = 0;
};

/// Records as a data slot appends them: runs of 64, frames of 4,096 ticks.
std::vector<encoded_record> encode(const std::map<symbol_id, std::vector<tick>>& symbols) {
  std::vector<encoded_record> out(1);
  std::map<symbol_id, tick_run_encoder> encoders;
  std::size_t longest = 0;
  for (auto& [symbol, ticks] : symbols)
    longest = std::max(longest, ticks.size());
  for (std::size_t begin = 0; begin < longest; begin += run_ticks)
    for (auto& [symbol, ticks] : symbols) {
      if (begin >= ticks.size()) continue;
      auto run = std::span{ticks}.subspan(begin, std::min(run_ticks, ticks.size() - begin));
      encoders[symbol].append(out.back().payload, run, first_data_epoch, 0);
      out.back().ticks += static_cast<std::uint32_t>(run.size());
      if (out.back().ticks >= record_ticks) out.emplace_back();
    }
  if (out.back().ticks == 0) out.pop_back();
  return out;
}

/// Writes the records, syncing and sealing in another thread; returns the seconds until all is
/// sealed.
double write_log(const fs::path& root, const std::vector<encoded_record>& records) {
  auto log = take(tick_log::open({.root = root}));
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  auto begin = steady::now();
  std::thread keeper{[&] {
    for (bool last = false; !last;) {
      {
        std::unique_lock lock{mutex};
        changed.wait_for(lock, sync_interval, [&] { return ended; });
        last = ended;
      }
      take(log.sync());
      while (take(log.seal_next()) && !last) {
      }
      if (last)
        while (take(log.seal_next())) {
        }
    }
  }};
  std::uint64_t number = 0;
  for (auto& record : records)
    take(log.append(
        {record_number{++number}, epoch{1}, trading_day, record.ticks, 0, record.payload}));
  log.close_day(trading_day);
  {
    std::lock_guard lock{mutex};
    ended = true;
  }
  changed.notify_one();
  keeper.join();
  return seconds_since(begin);
}

/// Bytes a tick in sealed blocks, after every row has been read back and compared.
double measure_bytes(const scratch& files, const std::string& name, const fs::path& file) {
  auto symbols = read_recorded(file);
  auto root = files.path(name);
  write_log(root, encode(symbols));
  auto reader = take(tick_log_reader::open(root));
  std::uint64_t count = 0;
  for (auto& [symbol, ticks] : symbols) {
    std::vector<tick> got;
    take(reader.ticks_by_number(symbol, sequence{1}, sequence{UINT64_MAX}, got));
    if (got.size() != ticks.size()) stop(name + ": ticks are missing");
    for (std::size_t i = 0; i < got.size(); ++i) {
      got[i].source_mark = ticks[i].source_mark;
      if (got[i] != ticks[i]) stop(fmt::format("{}: row {} differs", name, i));
    }
    count += ticks.size();
  }
  auto day = take(reader.days()).front();
  return static_cast<double>(day.block_bytes) / static_cast<double>(count);
}

/// The recorded symbols again and again under new ids, numbered on, until there are enough ticks.
std::map<symbol_id, std::vector<tick>>
replicate(const std::map<symbol_id, std::vector<tick>>& recorded, std::uint64_t ticks) {
  std::map<symbol_id, std::vector<tick>> out;
  std::uint32_t id = 0;
  for (std::uint64_t have = 0; have < ticks;)
    for (auto& [symbol, rows] : recorded) {
      auto& copy = out[symbol_id{id}] = rows;
      for (auto& t : copy)
        t.symbol = symbol_id{id};
      ++id;
      have += rows.size();
    }
  return out;
}

/// Ticks a second of one thread that reads last prices, volumes and effective times of a day.
double scan_log(const fs::path& root, std::uint64_t ticks) {
  auto reader = take(tick_log_reader::open(root));
  auto begin = steady::now();
  std::uint64_t count = 0;
  std::int64_t sum = 0;
  take(reader.scan(trading_day, [&](tick_block_reader& block) -> result<void> {
    auto prices = block.column(tick_column::last);
    if (!prices) return tl::make_unexpected(prices.error());
    auto volumes = block.column(tick_column::volume);
    if (!volumes) return tl::make_unexpected(volumes.error());
    auto times = block.effective_times();
    if (!times) return tl::make_unexpected(times.error());
    for (std::size_t i = 0; i < block.count(); ++i)
      sum ^= (*prices)[i] ^ (*volumes)[i] ^ (*times)[i];
    count += block.count();
    return {};
  }));
  volatile auto kept = sum;
  static_cast<void>(kept);
  if (count != ticks) stop("the scan has missed ticks");
  return static_cast<double>(count) / seconds_since(begin);
}

flags read_flags(int argc, char** argv) {
  flags out;
  std::vector<std::string> words(argv + 1, argv + argc);
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool has_value = i + 1 < words.size();
    if (words[i] == "--quick") {
      out.ticks = 1'000'000;
      out.runs = 1;
    } else if (words[i] == "--json" && has_value)
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

figures run(const flags& given) {
  scratch files;
  auto data = data_directory();
  auto ctp = data / "ctp_futures" / "shfe_ru1901_20181008-20181012.l1.csv.xz";
  auto quotes = data / "binance" / "spot_btcusdt_20240808.quotes.csv.xz";
  if (!fs::exists(ctp)) stop(fmt::format("no recorded data at {}; set SHARED_DATA", data.string()));
  fmt::print("tick log, commit {}, {}, {}\n", given.commit, machine_description(), __VERSION__);
  figures out;
  out.add("ticklog_bytes_per_tick_ctp", {measure_bytes(files, "ctp", ctp)});
  out.add("ticklog_bytes_per_tick_binance_quotes", {measure_bytes(files, "quotes", quotes)});

  auto symbols = replicate(read_recorded(ctp), given.ticks);
  std::vector<tick> rows;
  for (auto& [symbol, ticks] : symbols)
    rows.insert(rows.end(), ticks.begin(), ticks.end());
  auto records = encode(symbols);
  auto count = static_cast<double>(rows.size());
  auto sqlite_rows = std::span{rows}.first(rows.size() / 8); // it is slow enough
  std::vector<double> own, cpu_ns, by_hdf5, by_sqlite, scans;
  for (std::size_t i = 0; i < given.runs; ++i) {
    auto root = files.path(fmt::format("run{}", i));
    auto cpu = process_cpu_s();
    own.push_back(count / write_log(root, records));
    cpu_ns.push_back((process_cpu_s() - cpu) * 1e9 / count);
    scans.push_back(scan_log(root, rows.size()));
    auto begin = steady::now();
    write_hdf5(files.path("rows.h5"), rows);
    by_hdf5.push_back(own.back() / (count / seconds_since(begin)));
    begin = steady::now();
    write_sqlite(files.path("rows.db"), sqlite_rows);
    auto sqlite_rate = static_cast<double>(sqlite_rows.size()) / seconds_since(begin);
    by_sqlite.push_back(own.back() / sqlite_rate);
    fs::remove_all(root);
    fs::remove(files.path("rows.h5"));
    for (auto* name : {"rows.db", "rows.db-wal", "rows.db-shm"})
      fs::remove(files.path(name));
  }
  fmt::print("{} ticks, {} runs: median (lowest to highest)\n", rows.size(), given.runs);
  out.add("ticklog_write_ticks_per_s", own);
  out.add("ticklog_write_cpu_ns_per_tick", cpu_ns);
  out.add("ticklog_write_vs_hdf5", by_hdf5);
  out.add("ticklog_write_vs_sqlite", by_sqlite);
  out.add("ticklog_scan_ticks_per_s", scans);
  return out;
}

} // namespace

} // namespace tickmesh

int main(int argc, char** argv) {
  using namespace tickmesh;
  auto given = read_flags(argc, argv);
  auto out = run(given);
  nlohmann::ordered_json file{{"figures", out.numbers()}};
  if (!given.json_file.empty() && !(std::ofstream{given.json_file} << file.dump(2) << "\n"))
    stop("cannot write " + given.json_file);
  return 0;
}
