// `tickmesh ticks ls` and `tickmesh ticks verify`: what tick logs hold, and whether it is whole.
#include "actors/market/tick_log/log_description.hpp"
#include "actors/market/tick_log/tick_log_reader.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/verbs/commands.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace tickmesh {

namespace {

using json = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// All logs at the paths.
result<std::vector<fs::path>> find_all(const std::vector<std::string>& paths) {
  std::vector<fs::path> out;
  for (auto& path : paths) {
    auto found = find_slot_logs(path);
    if (!found) return found;
    out.insert(out.end(), found->begin(), found->end());
  }
  return out;
}

result<json> describe_day(tick_log_reader& reader, const log_description& names,
                          const logged_day& day) {
  auto logged = reader.symbols(day.trading_day);
  if (!logged) return tl::unexpected(logged.error());
  auto symbols = json::array();
  for (auto& s : *logged)
    symbols.push_back({{"symbol", s.symbol.value < names.symbols.size()
                                      ? names.symbols[s.symbol.value]
                                      : fmt::format("symbol {}", s.symbol.value)},
                       {"ticks", s.ticks},
                       {"first", s.first.value},
                       {"last", s.last.value},
                       {"begin", format_timestamp(s.begin)},
                       {"end", format_timestamp(s.end)}});
  return json{{"trading_day", day.trading_day},
              {"ticks", day.ticks},
              {"rejected", day.rejected},
              {"block_bytes", day.block_bytes},
              {"unsealed_bytes", day.unsealed_bytes},
              {"symbols", std::move(symbols)}};
}

result<json> describe_log(const fs::path& directory) {
  auto names = read_log_description(directory);
  if (!names) return tl::unexpected(names.error());
  auto reader = tick_log_reader::open(directory);
  if (!reader) return tl::unexpected(reader.error());
  auto days = reader->days();
  if (!days) return tl::unexpected(days.error());
  auto described = json::array();
  for (auto& day : *days) {
    // A slot that has met no record yet notes its marks under no day.
    if (day.trading_day == 0 && day.ticks == 0 && day.rejected == 0) continue;
    auto document = describe_day(*reader, *names, day);
    if (!document) return document;
    described.push_back(std::move(*document));
  }
  return json{{"directory", directory.string()},
              {"live", !names->repeatable},
              {"sources", names->sources},
              {"symbols", names->symbols.size()},
              {"days", std::move(described)}};
}

void print_log(const json& log, bool symbols) {
  fmt::print("{}  ({}, {} symbols)\n", log.at("directory").get<std::string>(),
             log.at("live").get<bool>() ? "live source" : "repeatable source",
             log.at("symbols").get<std::size_t>());
  fmt::print("  {:<12}{:>9}{:>14}{:>11}{:>15}{:>15}\n", "trading_day", "symbols", "ticks",
             "rejected", "sealed_bytes", "other_bytes");
  for (auto& day : log.at("days")) {
    fmt::print("  {:<12}{:>9}{:>14}{:>11}{:>15}{:>15}\n", day.at("trading_day").get<int>(),
               day.at("symbols").size(), day.at("ticks").get<std::uint64_t>(),
               day.at("rejected").get<std::uint64_t>(), day.at("block_bytes").get<std::uint64_t>(),
               day.at("unsealed_bytes").get<std::uint64_t>());
    if (!symbols) continue;
    for (auto& s : day.at("symbols"))
      fmt::print("    {:<24}{:>12}  numbers {} to {}  {} to {}\n",
                 s.at("symbol").get<std::string>(), s.at("ticks").get<std::uint64_t>(),
                 s.at("first").get<std::uint64_t>(), s.at("last").get<std::uint64_t>(),
                 s.at("begin").get<std::string>(), s.at("end").get<std::string>());
  }
}

json describe_verification(const fs::path& directory, const verification& found) {
  auto damages = json::array();
  for (auto& damage : found.damages)
    damages.push_back(
        {{"file", damage.file.string()}, {"offset", damage.offset}, {"what", damage.what}});
  return json{{"directory", directory.string()}, {"files", found.files},
              {"records", found.records},        {"ticks", found.ticks},
              {"rejected", found.rejected},      {"damages", std::move(damages)}};
}

/// A log that can't even be opened is damaged.
verification verify_log(const fs::path& directory) {
  auto reader = tick_log_reader::open(directory);
  auto found = reader ? reader->verify() : tl::unexpected(reader.error());
  if (found) return std::move(*found);
  verification out;
  out.damages.push_back({directory, 0, found.error().message});
  return out;
}

} // namespace

int list_ticks(const ticks_list_flags& flags) {
  auto logs = find_all(flags.paths);
  if (!logs) return fail_with(logs.error());
  auto documents = json::array();
  for (auto& directory : *logs) {
    auto document = describe_log(directory);
    if (!document) return fail_with(document.error());
    if (!flags.json) print_log(*document, flags.symbols);
    documents.push_back(std::move(*document));
  }
  if (flags.json) fmt::print("{}\n", documents.dump(2, ' ', false, json::error_handler_t::replace));
  return 0;
}

int verify_ticks(const ticks_list_flags& flags) {
  auto logs = find_all(flags.paths);
  if (!logs) return fail_with(logs.error());
  auto documents = json::array();
  bool whole = true;
  for (auto& directory : *logs) {
    auto found = verify_log(directory);
    whole = whole && found.damages.empty();
    documents.push_back(describe_verification(directory, found));
    if (flags.json) continue;
    fmt::print("{}: {} ticks, {} rejected, {} files: {}\n", directory.string(), found.ticks,
               found.rejected, found.files,
               found.damages.empty() ? "whole" : fmt::format("{} DAMAGED", found.damages.size()));
    for (auto& damage : found.damages)
      fmt::print("  {}: offset {}: {}\n", damage.file.string(), damage.offset, damage.what);
  }
  if (flags.json) fmt::print("{}\n", documents.dump(2, ' ', false, json::error_handler_t::replace));
  return whole ? 0 : exit_failure;
}

} // namespace tickmesh
