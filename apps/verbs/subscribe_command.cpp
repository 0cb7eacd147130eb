// `tickmesh subscribe`: prints ticks, factors or signals of symbols, from the tick log and then as
// they come.
#include "apps/host/connect_host.hpp"
#include "apps/host/stop_signals.hpp"
#include "apps/host/tick_subscriber.hpp"
#include "apps/results/stream_rows.hpp"
#include "apps/settings/command_settings.hpp"
#include "apps/settings/configuration_hash.hpp"
#include "apps/settings/load_settings.hpp"
#include "apps/verbs/commands.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <system_error>

namespace tickmesh {

namespace {

/// Symbols of the cluster that a refusal names.
constexpr int named_symbols_max = 20;

const std::map<std::string, stream_kind> stream_kinds{{"ticks", stream_kind::ticks},
                                                      {"factors", stream_kind::factors},
                                                      {"signals", stream_kind::signals}};

int complain(const fault& why, int code) {
  fmt::print(stderr, "tickmesh: {}\n", why.message);
  return code;
}

/// What the flags say: where to begin; nothing for `now`.
result<std::optional<sequence>> parse_from(const std::string& text) {
  if (text == "now") return std::nullopt;
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0)
    return fail(fmt::format("--from = {}: is no sequence; allowed: 1 or more, or now", text));
  return sequence{number};
}

result<void> check_symbols_differ(const std::vector<std::string>& symbols) {
  std::set<std::string> seen;
  for (auto& symbol : symbols)
    if (!seen.insert(symbol).second)
      return fail(fmt::format("--symbol {}: is given twice", symbol));
  return {};
}

/// Whether this program and these settings fit the cluster, and whether it has the symbols.
result<void> check_against(const wire::Status& status, const std::vector<std::string>& symbols,
                           const settings* config) {
  if (status.schema_hash() != schema_hash())
    return fail(fmt::format("the cluster's messages have schema {:016x}, this program's {:016x}: "
                            "use the program that the cluster runs",
                            status.schema_hash(), schema_hash()));
  for (auto& symbol : symbols) {
    if (std::ranges::find(status.symbols(), symbol) != status.symbols().end()) continue;
    std::string names;
    for (int i = 0; i < std::min(status.symbols_size(), named_symbols_max); ++i)
      names += fmt::format("{}{}", i == 0 ? "" : ", ", status.symbols(i));
    if (status.symbols_size() > named_symbols_max)
      names += fmt::format(" and {} more", status.symbols_size() - named_symbols_max);
    return fail(
        fmt::format("--symbol {}: the cluster has no such symbol; allowed: {}", symbol, names));
  }
  if (config == nullptr || status.configuration_hash() == configuration_hash(*config)) return {};
  return fail(
      fmt::format("the cluster's configuration has hash {:016x}, the one given here {:016x}: "
                  "factors and signals would not be the cluster's; give the same --config "
                  "and --set as its hosts have",
                  status.configuration_hash(), configuration_hash(*config)));
}

stream_rows make_rows(const subscribe_flags& flags, std::optional<sequence> from,
                      const settings& config) {
  stream_rows_options options;
  options.kind = stream_kinds.at(flags.what);
  options.json = flags.json;
  options.from = from;
  options.rows_max = flags.limit;
  options.strategies = share_strategies(config.strategies);
  std::vector<streamed_symbol> symbols;
  for (auto& name : flags.symbols) {
    auto* entry = config.instruments.find(name);
    symbols.push_back({name, entry != nullptr ? entry->price_from : price_source::last});
  }
  return stream_rows{std::move(options), symbols};
}

/// Prints at once, so that a pipe is live. A pipe that nobody reads any more is no fault.
result<bool> print(std::string_view text) {
  bool good =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (good) return true;
  if (errno == EPIPE) return false;
  return fail("standard output can't be written: " + std::generic_category().message(errno));
}

result<void> stream(caf::actor_system& system, stop_signals& signals, const subscribe_flags& flags,
                    const endpoint& control, std::optional<sequence> from, const settings* config) {
  auto patience = std::chrono::milliseconds{static_cast<std::int64_t>(flags.wait_s * 1000)};
  tick_subscriber subscriber{system};
  signals.start([stop = subscriber.stop()](const std::string&) { stop(); });
  auto view = subscriber.wait_for_view(control, flags.control.timeout(), patience);
  if (!view) return tl::unexpected(view.error());
  if (!*view) return {};
  if (auto fits = check_against(**view, flags.symbols, config); !fits) return fits;
  auto rows = make_rows(flags, from, config != nullptr ? *config : settings{});
  bool skip_history = !from && config == nullptr;
  std::optional<sequence> beyond;
  if (from && from->value > 1) beyond = from;
  return subscriber.run(
      {control, flags.control.timeout(), flags.symbols, skip_history, beyond, patience}, **view,
      rows, print);
}

} // namespace

int subscribe(const subscribe_flags& flags) {
  auto control = find_control(flags.control);
  if (!control) return complain(control.error(), exit_usage);
  auto from = parse_from(flags.from);
  if (!from) return complain(from.error(), exit_usage);
  if (auto differ = check_symbols_differ(flags.symbols); !differ)
    return complain(differ.error(), exit_usage);
  // Ticks need no configuration: they come as the cluster has cleaned them.
  std::optional<settings> config;
  if (flags.what != "ticks") {
    auto loaded = load_command_settings(flags.config, {});
    if (print_faults(loaded.faults)) return exit_usage;
    config = std::move(loaded.value);
  }
  auto network = network_of(flags.control);
  if (!network) return complain(network.error(), exit_usage);
  std::signal(SIGPIPE, SIG_IGN);
  set_log_level(log_level::warn);
  stop_signals signals; // before any thread is started: they inherit the blocked signals
  actor_system_config system_config{*network};
  caf::actor_system system{system_config};
  auto done = stream(system, signals, flags, *control, *from, config ? &*config : nullptr);
  signals.stop();
  return done ? 0 : complain(done.error(), exit_failure);
}

} // namespace tickmesh
