#include "apps/reports/summary.hpp"

#include "apps/reports/delay_table.hpp"
#include "apps/reports/run_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

using json = nlohmann::ordered_json;

namespace {

/// Positions shown; the file has them all.
constexpr std::size_t positions_shown = 8;

std::string grouped(std::uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

/// `NAME 12  OTHER 3`, without zeros.
std::string list_counts(const json& counts) {
  std::string out;
  for (auto& [name, count] : counts.items())
    if (count.get<std::uint64_t>() > 0)
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name,
                         grouped(count.get<std::uint64_t>()));
  return out.empty() ? "none" : out;
}

/// Breaks a list at its commas so that lines stay below 100 columns.
std::string wrapped(const std::string& list, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::size_t begin = 0;
  while (begin < list.size()) {
    auto end = list.find(", ", begin);
    auto item = list.substr(begin, end == std::string::npos ? end : end - begin + 2);
    if (column + item.size() > 98 && column > indent) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    out += item;
    column += item.size();
    begin = end == std::string::npos ? list.size() : end + 2;
  }
  return out;
}

std::string line(const char* title, const std::string& text) {
  return fmt::format("  {:<11}{}\n", title, wrapped(text, 13));
}

std::string describe_hosts(const json& run) {
  std::string out;
  for (auto& host : run.at("cluster").at("hosts")) {
    std::string slots;
    for (auto& slot : host.at("slots"))
      slots += (slots.empty() ? "" : " ") + slot.get<std::string>();
    // A host without a slot is the control host, or keeps copies only.
    auto roles = host.at("node_type").get<std::string>();
    auto& response = host.at("response_time_ns");
    auto clock = host.at("shared_clock").get<bool>()
                     ? std::string{"same clock as control"}
                     : fmt::format("clock {:+.1f} us against control",
                                   host.at("clock_offset_ns").get<double>() * 1e-3);
    auto port = host.at("port").get<int>();
    auto address = port == 0 ? std::string{"in this process"}
                             : fmt::format("{}:{}", host.at("host").get<std::string>(), port);
    out +=
        fmt::format("    {:<12} {:<22} {:<22} answers in {}, {}\n",
                    host.at("node_id").get<std::string>(), slots.empty() ? roles : slots, address,
                    response.is_null() ? std::string{"?"}
                                       : fmt::format("{:.2f} ms", response.get<double>() * 1e-6),
                    clock);
  }
  return out;
}

std::string describe_positions(const json& summary) {
  auto& positions = summary.at("positions");
  std::string out;
  std::size_t shown = 0;
  for (auto& p : positions) {
    if (p.at("quantity") == "0") continue;
    if (shown++ == positions_shown) break;
    out +=
        fmt::format("    {:<12} {:<16} {:>8}  at {:>12}  realised {:>14}  unrealised {:>14}\n",
                    p.at("symbol").get<std::string>(), p.at("strategy").get<std::string>(),
                    p.at("quantity").get<std::string>(), p.at("average_price").get<std::string>(),
                    p.at("realised").get<std::string>(), p.at("unrealised").get<std::string>());
  }
  return out;
}

std::size_t open_positions(const json& summary) {
  auto& positions = summary.at("positions");
  return static_cast<std::size_t>(std::count_if(positions.begin(), positions.end(),
                                                [](auto& p) { return p.at("quantity") != "0"; }));
}

/// The speed from start to end, and where the time went; `more` stands behind it.
std::string describe_waiting(const waiting_times& waited, std::uint64_t ticks,
                             const std::string& more) {
  auto out = line("speed", fmt::format("{:.0f} ticks/s over {:.2f} s from start to end{}{}",
                                       static_cast<double>(ticks) / waited.all(), waited.all(),
                                       more.empty() ? "" : ", ", more));
  auto merging =
      waited.merging > 0 ? fmt::format(", {:.2f} s merging results", waited.merging) : "";
  return out + line("time", fmt::format("{:.2f} s reading, {:.2f} s running{}", waited.reading,
                                        waited.running, merging));
}

} // namespace

std::string describe_results(const merged_results& results, const std::string& directory,
                             const result_notes& notes) {
  auto& s = results.summary;
  auto& run = results.run;
  auto& ticks = s.at("ticks");
  auto& pnl = s.at("pnl");
  auto& orders = s.at("orders");
  auto count = [](const json& n) { return grouped(n.get<std::uint64_t>()); };
  auto open = open_positions(s);
  std::string out = "\n";
  out += fmt::format("{} on {} hosts, {} slots, epoch {}: {}{}\n",
                     run.at("cluster").at("trading").get<std::string>(),
                     run.at("cluster").at("hosts").size(), run.at("cluster").at("slots").size(),
                     run.at("cluster").at("epoch").get<std::uint64_t>(),
                     run.at("cluster").at("reason").get<std::string>(),
                     directory.empty() ? "; no results were written" : "");
  out += describe_hosts(run);
  out += line("ticks", fmt::format("{} in, {} accepted, {} rejected", count(ticks.at("in")),
                                   count(ticks.at("accepted")), count(ticks.at("rejected"))));
  out += line("rejected", list_counts(ticks.at("rejected_by_reason")));
  if (auto malformed = ticks.value("malformed", std::uint64_t{0}); malformed > 0)
    out += line("malformed", fmt::format("{} rows left out: {}", grouped(malformed),
                                         list_counts(ticks.at("malformed_by_file"))));
  if (ticks.at("in") != 0 && ticks.at("rejected_by_reason").value("UNKNOWN_SYMBOL", 0U) ==
                                 ticks.at("in").get<std::uint64_t>())
    out += line("NOTE", "no symbol of the source has an instrument entry; name a file that has "
                        "one, e.g. --config config/embedded.toml");
  out += line("factors", count(s.at("factors")));
  if (auto unpriced = ticks.value("unpriced", std::uint64_t{0});
      unpriced > 0 && s.at("factors") == 0)
    out += line("NOTE", fmt::format("{} ticks lack the price that strategies take: quotes have no "
                                    "last price, trades no bid and ask; price_from of the symbol's "
                                    "instrument entry says which it is, \"last\" or \"mid\"",
                                    grouped(unpriced)));
  out += line("signals", count(s.at("signals")));
  out += line("verdicts", list_counts(orders.at("by_verdict")));
  if (auto foreign = orders.at("by_verdict").value("CURRENCY_MISMATCH", std::uint64_t{0}))
    out += line("NOTE", fmt::format("{} orders are of symbols in another currency than the "
                                    "account's, {}; execution.currency names it",
                                    grouped(foreign), pnl.at("currency").get<std::string>()));
  out += line("orders", list_counts(orders.at("by_status")));
  if (auto anomalies = list_counts(orders.at("anomalies")); anomalies != "none")
    out += line("ANOMALIES", anomalies);
  out += line("fills", count(s.at("fills")));
  auto fees = pnl.at("fees").get<std::string>();
  out +=
      line("P&L",
           fmt::format("realised {}, unrealised {}{}, total {} {}",
                       pnl.at("realised").get<std::string>(),
                       pnl.at("unrealised").get<std::string>(), fees == "0" ? "" : ", fees " + fees,
                       pnl.at("total").get<std::string>(), pnl.at("currency").get<std::string>()));
  out += line("positions",
              fmt::format("{} open{}", open,
                          open > positions_shown
                              ? fmt::format("; the first {} of positions.csv", positions_shown)
                              : ""));
  out += describe_positions(s);
  auto cpu = fmt::format("{:.0f} ns of CPU a tick", run.at("cpu_ns_per_tick").get<double>());
  if (notes.waited)
    out += describe_waiting(*notes.waited, ticks.at("in").get<std::uint64_t>(), cpu);
  else
    out += line("speed", fmt::format("{} ticks/s over {:.2f} s, {} in all hosts",
                                     grouped(run.at("ticks_per_second").get<std::uint64_t>()),
                                     run.at("seconds").get<double>(), cpu));
  out += describe_delays(run, notes.message_floor);
  if (directory.empty()) return out;
  bool rows = has_rows(results);
  out +=
      line("files", directory + (rows ? "/ (factors, signals, orders, fills, positions, pnl, bars, "
                                        "ticks_rejected as CSV; summary.json, run.json)"
                                      : "/ (positions as CSV; summary.json, run.json)"));
  if (!notes.report.empty()) out += line("report", notes.report);
  return out;
}

namespace {

json to_json(const google::protobuf::RepeatedPtrField<wire::NamedCount>& counts) {
  json out = json::object();
  for (auto& entry : counts)
    out[entry.name()] = entry.count();
  return out;
}

} // namespace

std::string describe_counts(const wire::Status& status) {
  auto counts = to_json(status.counts());
  auto count = [&counts](const char* name) { return counts.value(name, std::uint64_t{0}); };
  json rejected = json::object();
  std::uint64_t all_rejected = 0;
  constexpr std::string_view prefix = "rejected/";
  for (auto& [name, n] : counts.items())
    if (name.starts_with(prefix)) {
      rejected[name.substr(prefix.size())] = n;
      all_rejected += n.get<std::uint64_t>();
    }
  auto& execution = status.execution();
  std::string out = "\n";
  out += fmt::format("{} on {} hosts, {} slots, epoch {}: {}; no results were written\n",
                     status.trading(), status.hosts_size(), status.slots_size(), status.epoch(),
                     status.reason());
  out += line("ticks", fmt::format("{} in, {} accepted, {} rejected", grouped(count("ticks_in")),
                                   grouped(count("ticks_accepted")), grouped(all_rejected)));
  out += line("rejected", list_counts(rejected));
  out += line("factors", grouped(count("factors")));
  out += line("signals", grouped(count("signals")));
  out += line("verdicts", list_counts(to_json(execution.orders_by_verdict())));
  out += line("orders", list_counts(to_json(execution.orders_by_status())));
  out += line("fills", grouped(execution.fills()));
  out += line("P&L", fmt::format("realised {}, unrealised {}, fees {}", execution.realised(),
                                 execution.unrealised(), execution.fees()));
  out += line("positions", fmt::format("{} open", execution.open_positions()));
  auto seconds = static_cast<double>(status.finished_ns() - status.started_ns()) * 1e-9;
  if (status.started_ns() > 0 && seconds > 0)
    out += line("speed", fmt::format("{:.0f} ticks/s over {:.2f} s",
                                     static_cast<double>(count("ticks_in")) / seconds, seconds));
  return out;
}

} // namespace tickmesh
