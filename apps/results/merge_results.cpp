#include "apps/results/merge_results.hpp"

#include "apps/results/result_rows.hpp"
#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"
#include "runtime/results/json_text.hpp"
#include "runtime/results/row_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

/// Sum over all slots of the counts whose names begin with `prefix`, by the rest of the name.
std::map<std::string, std::uint64_t> counts_below(const result_parts& parts,
                                                  std::string_view prefix) {
  std::map<std::string, std::uint64_t> out;
  for (auto& [slot, report] : parts.slots)
    for (auto& [name, count] : report.counts)
      if (name.starts_with(prefix)) out[name.substr(prefix.size())] += count;
  return out;
}

std::uint64_t count_of(const result_parts& parts, const std::string& name) {
  std::uint64_t sum = 0;
  for (auto& [slot, report] : parts.slots)
    if (auto found = report.counts.find(name); found != report.counts.end()) sum += found->second;
  return sum;
}

json to_json(const std::map<std::string, std::uint64_t>& counts) {
  json out = json::object();
  for (auto& [name, count] : counts)
    out[name] = count;
  return out;
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (auto& [name, count] : counts)
    total += count;
  return total;
}

/// Positions and their sums as they stand in positions.csv.
class position_summary {
public:
  void add(const std::vector<std::string_view>& fields) {
    json row = json::object();
    auto names = split_fields(result_files().back().columns);
    for (std::size_t i = 0; i < names.size(); ++i)
      row[std::string{names[i]}] = std::string{fields[i]};
    auto read = [&](std::string_view column, money& total) {
      auto parsed = parse_money(row.at(std::string{column}).get_ref<const std::string&>());
      all_readable_ = all_readable_ && parsed;
      if (parsed) total += *parsed;
    };
    auto& of_strategy = by_strategy_[{row.at("account"), row.at("strategy")}];
    for (auto* sums : {&sums_, &of_strategy}) {
      read("realised", sums->realised);
      read("unrealised", sums->unrealised);
      read("fees", sums->fees);
    }
    rows_.push_back(std::move(row));
  }
  json positions() const { return rows_; }
  json pnl(const std::string& currency) const {
    json out{{"currency", currency}};
    out.update(sums_.to_json());
    out["by_strategy"] = json::array();
    for (auto& [name, sums] : by_strategy_) {
      json entry{{"account", name.first}, {"strategy", name.second}};
      entry.update(sums.to_json());
      out["by_strategy"].push_back(std::move(entry));
    }
    return out;
  }
  /// False when a row held an amount that is no number.
  bool all_readable() const { return all_readable_; }

private:
  struct profit_sums {
    money realised{}; ///< before fees
    money unrealised{};
    money fees{};
    json to_json() const {
      return {{"realised", format_decimal(realised.value)},
              {"unrealised", format_decimal(unrealised.value)},
              {"fees", format_decimal(fees.value)},
              {"total", format_decimal((realised + unrealised - fees).value)}};
    }
  };

  json rows_ = json::array();
  profit_sums sums_;
  std::map<std::pair<std::string, std::string>, profit_sums>
      by_strategy_; ///< by account and strategy
  bool all_readable_ = true;
};

/// Malformed rows by file. Every data host has read all files: any of them tells.
std::map<std::string, std::uint64_t> malformed_rows(const result_parts& parts) {
  std::map<std::string, std::uint64_t> out;
  for (auto& [id, host] : parts.hosts) {
    if (!host.contains("files")) continue;
    for (auto& file : host.at("files"))
      if (auto count = file.value("malformed", std::uint64_t{0}); count > 0)
        out[file.value("file", std::string{})] += count;
    break;
  }
  return out;
}

/// Rejected ticks of a live source's dropped days: they have no rows any more.
constexpr const char* rejected_rows_dropped = "rejected_rows_dropped";

json make_summary(const result_parts& parts, const position_summary& positions, const json& rows) {
  auto rejected = counts_below(parts, "rejected/");
  auto malformed = malformed_rows(parts);
  json out;
  out["ticks"] = {
      {"in", count_of(parts, "ticks_in")}, {"accepted", count_of(parts, "ticks_accepted")},
      {"rejected", sum(rejected)},         {"rejected_by_reason", to_json(rejected)},
      {"malformed", sum(malformed)},       {"malformed_by_file", to_json(malformed)}};
  if (auto dropped = count_of(parts, rejected_rows_dropped); dropped > 0)
    out["ticks"][rejected_rows_dropped] = dropped;
  if (auto unpriced = count_of(parts, "ticks_unpriced"); unpriced > 0)
    out["ticks"]["unpriced"] = unpriced;
  out["factors"] = count_of(parts, "factors");
  out["signals"] = count_of(parts, "signals");
  out["orders"] = {{"by_verdict", to_json(counts_below(parts, "orders/"))},
                   {"by_status", to_json(counts_below(parts, "status/"))},
                   {"states_entered", to_json(counts_below(parts, "entered/"))},
                   {"anomalies", to_json(counts_below(parts, "anomaly/"))}};
  out["fills"] = count_of(parts, "fills");
  out["events"] = count_of(parts, "events");
  auto currency = parts.hosts.begin()->second.at("currency").get<std::string>();
  out["pnl"] = positions.pnl(currency);
  out["positions"] = positions.positions();
  out["rows"] = rows;
  return out;
}

/// What was counted must be what was written, where rows were written at all.
result<void> check_rows(const json& summary, bool has_rows) {
  auto& rows = summary.at("rows");
  auto check = [&](const char* file, std::uint64_t counted) -> result<void> {
    auto written = rows.at(file).get<std::uint64_t>();
    if (written == counted) return {};
    return fail(
        fmt::format("{}.csv holds {} rows, but the slots counted {}", file, written, counted));
  };
  std::uint64_t orders = 0;
  for (auto& [name, count] : summary.at("orders").at("by_verdict").items())
    orders += count.get<std::uint64_t>();
  auto& ticks = summary.at("ticks");
  auto rejected_rows = ticks.at("rejected").get<std::uint64_t>() -
                       ticks.value(rejected_rows_dropped, std::uint64_t{0});
  for (auto& [file, counted] :
       std::map<const char*, std::uint64_t>{{"ticks_rejected", rejected_rows},
                                            {"factors", summary.at("factors")},
                                            {"signals", summary.at("signals")},
                                            {"orders", orders},
                                            {"fills", summary.at("fills")}})
    if (auto same = check(file, counted); has_rows && !same) return same;
  if (ticks.at("in").get<std::uint64_t>() !=
      ticks.at("accepted").get<std::uint64_t>() + ticks.at("rejected").get<std::uint64_t>())
    return fail("ticks in are not the sum of accepted and rejected ones");
  return {};
}

json make_run(const result_parts& parts, const json& summary) {
  json run;
  std::map<std::string, delay_histogram> delays;
  std::int64_t started = INT64_MAX;
  std::int64_t finished = 0;
  for (auto& [slot, report] : parts.slots) {
    for (auto& [name, histogram] : report.delays)
      delays[name].merge(histogram);
    if (auto at = report.moments.find(started_moment); at != report.moments.end())
      started = std::min(started, at->second);
    if (auto at = report.moments.find(finished_moment); at != report.moments.end())
      finished = std::max(finished, at->second);
  }
  auto seconds = static_cast<double>(finished - started) * 1e-9;
  auto ticks = summary.at("ticks").at("in").get<double>();
  run["cluster"] = parts.cluster;
  run["started"] = format_timestamp(from_ns(started));
  run["seconds"] = seconds;
  run["ticks_per_second"] = seconds > 0 ? ticks / seconds : 0;
  json hosts = json::array();
  double cpu = 0;
  for (auto& [id, host] : parts.hosts) {
    cpu += host.at("cpu_seconds").get<double>();
    hosts.push_back(host);
  }
  run["cpu_seconds"] = cpu;
  run["cpu_ns_per_tick"] = ticks > 0 ? cpu * 1e9 / ticks : 0;
  run["processes"] = hosts;
  json delay_figures = json::object();
  for (auto& [name, histogram] : delays)
    delay_figures[name] = {{"count", histogram.count()},
                           {"p50_us", static_cast<double>(histogram.quantile_ns(0.5)) * 1e-3},
                           {"p90_us", static_cast<double>(histogram.quantile_ns(0.9)) * 1e-3},
                           {"p99_us", static_cast<double>(histogram.quantile_ns(0.99)) * 1e-3},
                           {"max_us", static_cast<double>(histogram.max_ns()) * 1e-3},
                           {"negative", histogram.negative()}};
  run["delays"] = delay_figures;
  json slots = json::object();
  for (auto& [slot, report] : parts.slots)
    slots[format_slot(slot)] = to_json(report.counts);
  run["slot_counts"] = slots;
  return run;
}

} // namespace

result<merged_results>
merge_results(const std::vector<std::string>& directories, const std::string& out_directory,
              const std::function<void(std::uint64_t, std::uint64_t)>& on_progress) {
  auto parts = read_parts(directories);
  if (!parts) return tl::unexpected(parts.error());
  std::error_code error;
  std::filesystem::create_directories(out_directory, error);
  if (error) return fail(fmt::format("cannot create {}: {}", out_directory, error.message()));

  position_summary positions;
  json rows = json::object();
  bool has_rows =
      std::ranges::all_of(parts->hosts, [](auto& host) { return host.second.value("rows", true); });
  std::uint64_t rows_read = 0;
  auto rows_expected = sum(counts_below(*parts, "rejected/")) + count_of(*parts, "factors") +
                       2 * count_of(*parts, "signals") + count_of(*parts, "fills");
  rows_merged on_more;
  if (on_progress)
    on_more = [&](std::uint64_t more) { on_progress(rows_read += more, rows_expected); };
  for (auto& order : result_files()) {
    auto path = fmt::format("{}/{}.csv", out_directory, order.file);
    if (!has_rows && order.file != "positions") {
      std::filesystem::remove(path, error); // an earlier run's
      rows[std::string{order.file}] = 0;
      continue;
    }
    std::function<void(const std::vector<std::string_view>&)> on_row;
    if (order.file == "positions") on_row = [&](auto& fields) { positions.add(fields); };
    auto count = merge_rows(order, parts->row_files(order.file), path, on_row, on_more);
    if (!count) return tl::unexpected(count.error());
    rows[std::string{order.file}] = *count;
  }
  if (!positions.all_readable())
    return fail("positions.csv of a host holds an amount of money that is no number");
  merged_results out;
  out.summary = make_summary(*parts, positions, rows);
  if (auto same = check_rows(out.summary, has_rows); !same) return tl::unexpected(same.error());
  out.run = make_run(*parts, out.summary);
  for (auto& [name, document] :
       {std::pair{"summary.json", &out.summary}, std::pair{"run.json", &out.run}})
    if (auto written = write_text_file(out_directory + "/" + name, json_text(*document, 2) + "\n");
        !written)
      return tl::unexpected(written.error());
  return out;
}

} // namespace tickmesh
