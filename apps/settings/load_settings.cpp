#include "apps/settings/load_settings.hpp"

#include "apps/settings/declarations.hpp"
#include "messages/numbers.hpp"
#include "messages/utf8.hpp"
#include "runtime/settings/setting_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>

namespace tickmesh {

namespace {

constexpr std::array<std::pair<std::string_view, log_level>, 5> log_levels{
    {{"trace", log_level::trace},
     {"debug", log_level::debug},
     {"info", log_level::info},
     {"warn", log_level::warn},
     {"error", log_level::error}}};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A decimal number without sign or leading zeros, up to `high`.
std::optional<std::uint32_t> parse_part(std::string_view text, std::uint32_t high) {
  std::uint32_t value = 0;
  auto end = text.data() + text.size();
  auto [ptr, error] = std::from_chars(text.data(), end, value);
  bool plain = !text.empty() && (text.size() == 1 || text.front() != '0');
  if (!plain || error != std::errc{} || ptr != end || value > high) return std::nullopt;
  return value;
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    auto dot = part < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos || !parse_part(text.substr(0, dot), 255)) return false;
    text.remove_prefix(part < 3 ? dot + 1 : dot);
  }
  return true;
}

/// What paths in this file are relative to.
std::string directory_of(const std::string& file) {
  return std::filesystem::path{file}.parent_path().string();
}

} // namespace

result<endpoint> parse_endpoint(std::string_view text) {
  constexpr std::string_view allowed =
      "allowed: an IPv4 address or localhost, `:` and a port of 0 to 65535, as in 127.0.0.1:8848";
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail(std::string{"has no port; "}.append(allowed));
  auto address = text.substr(0, colon);
  auto port = parse_part(text.substr(colon + 1), 65'535);
  if (address != "localhost" && !is_ipv4(address))
    return fail(std::string{"is not an IPv4 address; "}.append(allowed));
  if (!port) return fail(std::string{"has no valid port; "}.append(allowed));
  return endpoint{std::string{address}, static_cast<std::uint16_t>(*port)};
}

bool is_loopback(const endpoint& address) {
  return address.address == "localhost" || address.address.starts_with("127.");
}

bool is_plain_name(std::string_view text) {
  auto fits = [](char c) {
    return is_digit(c) || is_letter(c) || c == '_' || c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && (is_digit(text[0]) || is_letter(text[0])) &&
         std::ranges::all_of(text, fits);
}

bool is_valid_pattern(std::string_view pattern) {
  if (find_non_utf8(pattern)) return false;
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    bool is_last = at + 1 == pattern.size();
    if (pattern[at] == '*') return is_last;
    if (pattern[at] != '\\') continue;
    ++at; // what it stands before
    if (is_last || std::string_view{"#*\\"}.find(pattern[at]) == std::string_view::npos)
      return false;
  }
  return !pattern.empty();
}

settings default_settings() {
  settings out;
  strategy_settings reactive;
  reactive.name = "boll_reactive";
  out.strategies.push_back(reactive);
  instrument simulated;
  simulated.pattern = "SIM####";
  simulated.exchange = "SIM";
  simulated.currency = "CNY";
  simulated.multiplier = 10 * decimal_scale;
  auto generated = simulated;
  generated.pattern = "LOAD#####";
  generated.exchange = "LOAD";
  out.instruments = instrument_table{{simulated, generated}};
  return out;
}

void declare(log_settings& s, setting_visitor& v) {
  v.choice("level", s.level, log_levels);
  v.text("file", s.file);
}

void declare(results_settings& s, setting_visitor& v) {
  v.flag("enabled", s.enabled);
  v.flag("rows", s.rows);
  v.flag("npy", s.npy);
}

void declare(settings& s, setting_visitor& v) {
  using enum agreement;
  v.section("cluster", host, [&] { declare(s.cluster, v); }); // the control host's hold for all
  v.section("host", host, [&] { declare(s.host, v); });
  v.section("network", host, [&] { declare(s.network, v); });
  v.section("tick_log", host, [&] { declare(s.tick_log, v); });
  v.section("source", host, [&] { declare(s.source, v); });
  v.section("cleaning", cluster, [&] { declare(s.cleaning, v); });
  v.section("calc", host, [&] { declare(s.calc, v); });
  v.entries("strategies", s.strategies, cluster, [&](auto& strategy) { declare(strategy, v); });
  v.section("execution", cluster, [&] { declare(s.execution, v); });
  v.section("log", host, [&] { declare(s.log, v); });
  v.section("results", host, [&] { declare(s.results, v); });
  v.derived(&s.instruments); // of a file of their own; see configuration_hash
}

loaded_settings load_settings(const settings_sources& sources) {
  auto overrides = environment_overrides(sources.environment);
  overrides.insert(overrides.end(), sources.flags.begin(), sources.flags.end());
  toml_reader reader{sources.file, std::move(overrides)};
  auto root = reader.root();
  auto directory = directory_of(sources.file);

  loaded_settings out{default_settings(), {}};
  setting_reader declared{root};
  declare(out.value, declared);
  check_cluster(root.section("cluster"), out.value.cluster);
  check_host(root.section("host"), out.value.host, out.value.network);
  finish_source(root.section("source"), out.value.source, directory, out.value.host,
                out.value.network);
  load_strategies(root, out.value.strategies);
  finish_execution(root.section("execution"), out.value.strategies, out.value.execution);

  std::vector<std::string> instrument_faults;
  std::string instruments;
  if (root.read("instruments", instruments) && root.has("instruments")) {
    std::filesystem::path path{instruments};
    if (root.is_from_file("instruments")) path = directory / path;
    auto loaded = load_instruments(path.string(), out.value.cleaning);
    out.value.instruments = std::move(loaded.value);
    instrument_faults = std::move(loaded.faults);
  }
  out.faults = reader.take_faults();
  out.faults.insert(out.faults.end(), instrument_faults.begin(), instrument_faults.end());
  return out;
}

} // namespace tickmesh
