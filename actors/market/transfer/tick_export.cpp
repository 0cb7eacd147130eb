#include "actors/market/transfer/tick_export.hpp"

#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/rejected_rows.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "actors/market/transfer/npy_writer.hpp"
#include "actors/market/transfer/tick_csv.hpp"
#include "messages/numbers.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <system_error>

namespace tickmesh {

namespace fs = std::filesystem;

namespace {

/// Ticks that are read at one time.
constexpr std::uint64_t chunk_ticks = 16'384;

struct npy_column {
  const char* name;
  const char* unit;
  std::int64_t (*value)(const tick&);
};

constexpr std::array<npy_column, 19> npy_columns{{
    {"number", "1", [](const tick& t) { return static_cast<std::int64_t>(t.number.value); }},
    {"event_time", "ns", [](const tick& t) { return to_ns(t.event_time); }},
    {"effective_time", "ns", [](const tick& t) { return to_ns(t.effective_time); }},
    {"trading_day", "yyyymmdd", [](const tick& t) { return std::int64_t{t.trading_day}; }},
    {"kind", "0 snapshot, 1 quote, 2 trade",
     [](const tick& t) { return static_cast<std::int64_t>(t.kind); }},
    {"aggressor", "0 none, 1 buy, 2 sell",
     [](const tick& t) { return static_cast<std::int64_t>(t.aggressor); }},
    {"source", "1", [](const tick& t) { return std::int64_t{t.source.value}; }},
    {"position", "1", [](const tick& t) { return static_cast<std::int64_t>(t.position.value); }},
    {"record_id", "1", [](const tick& t) { return static_cast<std::int64_t>(t.record_id); }},
    {"last", "1e-8", [](const tick& t) { return t.last.value; }},
    {"volume", "1e-8", [](const tick& t) { return t.volume.value; }},
    {"cumulative_volume", "1e-8", [](const tick& t) { return t.cumulative_volume.value; }},
    {"turnover", "1e-8, low 64 bits",
     [](const tick& t) { return static_cast<std::int64_t>(t.turnover.value); }},
    {"turnover_high", "1e-8, high 64 bits",
     [](const tick& t) { return static_cast<std::int64_t>(t.turnover.value >> 64); }},
    {"open_interest", "1e-8", [](const tick& t) { return t.open_interest.value; }},
    {"bid", "1e-8", [](const tick& t) { return t.bid.value; }},
    {"bid_volume", "1e-8", [](const tick& t) { return t.bid_volume.value; }},
    {"ask", "1e-8", [](const tick& t) { return t.ask.value; }},
    {"ask_volume", "1e-8", [](const tick& t) { return t.ask_volume.value; }},
}};

/// A symbol as a file name of any system.
std::string file_name(std::string_view symbol) {
  std::string out;
  for (char c : symbol) {
    bool plain = is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
                 c == '-' || (c == '.' && !out.empty());
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// One symbol's day on its way out.
class tick_sink {
public:
  virtual ~tick_sink() = default;
  virtual void write(const std::vector<tick>& ticks) = 0;
  virtual result<void> finish() = 0;
};

class csv_sink final : public tick_sink {
public:
  csv_sink(fs::path path, std::string symbol)
      : path_(std::move(path)), symbol_(std::move(symbol)), file_(path_, std::ios::binary) {
    file_ << tick_columns << '\n';
  }
  void write(const std::vector<tick>& ticks) override {
    rows_.clear();
    for (auto& t : ticks) {
      append_tick_row(rows_, t, symbol_);
      rows_ += '\n';
    }
    file_ << rows_;
  }
  result<void> finish() override {
    file_.close();
    if (file_) return {};
    return fail(fmt::format("{}: can't be written; is the disk full?", path_.string()));
  }

private:
  fs::path path_;
  std::string symbol_;
  std::ofstream file_;
  std::string rows_;
};

class npy_sink final : public tick_sink {
public:
  static result<std::unique_ptr<tick_sink>>
  create(const fs::path& directory, const std::string& symbol, const logged_symbol& logged) {
    auto out = std::make_unique<npy_sink>();
    for (auto& column : npy_columns) {
      auto file = npy_writer::create(directory / fmt::format("{}.npy", column.name), logged.ticks);
      if (!file) return tl::unexpected(file.error());
      out->files_.push_back(std::move(*file));
    }
    nlohmann::ordered_json document;
    document["symbol"] = symbol;
    document["rows"] = logged.ticks;
    document["absent_price"] = no_price.value;
    for (auto& column : npy_columns)
      document["columns"][column.name] = column.unit;
    auto path = (directory / "columns.json").string();
    if (auto written = write_text_file(
            path, document.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
        !written)
      return tl::unexpected(written.error());
    return out;
  }
  void write(const std::vector<tick>& ticks) override {
    values_.resize(ticks.size());
    for (std::size_t i = 0; i < npy_columns.size(); ++i) {
      std::transform(ticks.begin(), ticks.end(), values_.begin(), npy_columns[i].value);
      files_[i].append(values_);
    }
  }
  result<void> finish() override {
    for (auto& file : files_)
      if (auto done = file.finish(); !done) return done;
    return {};
  }

private:
  std::vector<npy_writer> files_;
  std::vector<std::int64_t> values_;
};

/// A log with what it has of the day.
struct opened_log {
  fs::path directory;
  log_description names;
  tick_log_reader reader;
  std::vector<logged_symbol> symbols; ///< wanted ones
};

class exporter {
public:
  exporter(const export_request& request,
           const std::function<void(std::uint64_t, std::uint64_t)>& progress)
      : request_(request), progress_(progress),
        directory_(request.out / fmt::format("{:08}", request.trading_day)) {}

  result<export_counts> run() {
    for (auto& log : request_.logs)
      if (auto done = open(log); !done) return tl::unexpected(done.error());
    if (auto done = check(); !done) return tl::unexpected(done.error());
    if (auto done = make_directory(directory_); !done) return tl::unexpected(done.error());
    for (auto& log : logs_)
      for (auto& symbol : log.symbols)
        if (auto done = write_symbol(log, symbol); !done) return tl::unexpected(done.error());
    if (request_.rejected)
      if (auto done = write_rejected(); !done) return tl::unexpected(done.error());
    return counts_;
  }

private:
  bool is_wanted(const std::string& symbol) const {
    auto& wanted = request_.symbols;
    return wanted.empty() || std::ranges::find(wanted, symbol) != wanted.end();
  }

  result<void> open(const fs::path& directory) {
    auto names = read_log_description(directory);
    if (!names) return tl::unexpected(names.error());
    auto reader = tick_log_reader::open(directory);
    if (!reader) return tl::unexpected(reader.error());
    auto days = reader->days();
    if (!days) return tl::unexpected(days.error());
    for (auto& day : *days)
      has_day_ = has_day_ || day.trading_day == request_.trading_day;
    auto symbols = reader->symbols(request_.trading_day);
    if (!symbols) return tl::unexpected(symbols.error());
    for (auto& symbol : *symbols)
      if (symbol.symbol.value >= names->symbols.size())
        return fail(fmt::format("{}: has ticks of symbol {}, but names only {} symbols",
                                directory.string(), symbol.symbol.value, names->symbols.size()));
    std::erase_if(*symbols, [&](auto& s) { return !is_wanted(names->symbols[s.symbol.value]); });
    for (auto& symbol : *symbols) {
      auto& name = names->symbols[symbol.symbol.value];
      auto [place, fresh] = log_of_.try_emplace(name, directory);
      if (!fresh)
        return fail(fmt::format("{} and {} both have ticks of {}; give one copy of each slot's log",
                                place->second.string(), directory.string(), name));
      total_ += symbol.ticks;
    }
    logs_.push_back({directory, std::move(*names), std::move(*reader), std::move(*symbols)});
    return {};
  }

  result<void> check() const {
    if (!has_day_)
      return fail(fmt::format("--day {}: no log has this trading day; `tickmesh ticks ls` lists "
                              "those that are there",
                              request_.trading_day));
    for (auto& symbol : request_.symbols)
      if (!log_of_.contains(symbol))
        return fail(fmt::format("--symbol {}: no log has ticks of it on {}; `tickmesh ticks ls "
                                "--symbols` lists what is there",
                                symbol, request_.trading_day));
    return {};
  }

  static result<void> make_directory(const fs::path& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return fail(fmt::format("{}: {}", path.string(), error.message()));
    return {};
  }

  result<std::unique_ptr<tick_sink>> open_sink(const std::string& name,
                                               const logged_symbol& logged) const {
    if (request_.format == export_format::csv)
      return std::make_unique<csv_sink>(directory_ / (file_name(name) + ".csv"), name);
    auto directory = directory_ / file_name(name);
    if (auto made = make_directory(directory); !made) return tl::unexpected(made.error());
    return npy_sink::create(directory, name, logged);
  }

  result<void> write_symbol(opened_log& log, const logged_symbol& logged) {
    auto sink = open_sink(log.names.symbols[logged.symbol.value], logged);
    if (!sink) return tl::unexpected(sink.error());
    std::vector<tick> ticks;
    for (auto first = logged.first; first <= logged.last; first += sequence{chunk_ticks}) {
      ticks.clear();
      auto last = std::min(logged.last, first + sequence{chunk_ticks - 1});
      if (auto read = log.reader.ticks_by_number(logged.symbol, first, last, ticks); !read)
        return read;
      (*sink)->write(ticks);
      counts_.ticks += ticks.size();
      progress_(counts_.ticks, total_);
    }
    ++counts_.symbols;
    return (*sink)->finish();
  }

  result<void> write_rejected() {
    auto path = directory_ / "rejected.csv";
    std::ofstream file{path, std::ios::binary};
    file << rejected_columns << '\n';
    for (auto& log : logs_) {
      std::vector<rejected_tick> rejected;
      auto read = log.reader.rejected(request_.trading_day, record_number{}, rejected);
      if (!read) return read;
      std::string rows;
      for (auto& r : rejected) {
        if (!is_wanted(log.names.symbols.at(r.record.symbol.value))) continue;
        append_rejected_row(rows, r, log.names);
        ++counts_.rejected;
      }
      file << rows;
    }
    file.close();
    if (file) return {};
    return fail(fmt::format("{}: can't be written; is the disk full?", path.string()));
  }

  const export_request& request_;
  const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
  fs::path directory_;
  std::vector<opened_log> logs_;
  std::map<std::string, fs::path> log_of_; ///< by symbol
  bool has_day_ = false;
  std::uint64_t total_ = 0;
  export_counts counts_;
};

} // namespace

result<export_counts>
export_ticks(const export_request& request,
             const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  return exporter{request, progress}.run();
}

} // namespace tickmesh
