#include "apps/host/slot_journals.hpp"

#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/snapshot/find_snapshot.hpp"
#include "apps/settings/configuration_hash.hpp"

namespace tickmesh {

loaded_settings load_journal_settings(const config_flags& flags,
                                      const std::optional<std::string>& state_dir) {
  std::vector<setting_override> overrides;
  if (state_dir) overrides.push_back({"host.state_dir", *state_dir, "--state-dir"});
  return load_command_settings(flags, overrides);
}

result<std::vector<std::filesystem::path>> find_journals(const settings& config) {
  auto found = find_slot_journals(config.host.state_dir);
  if (!found) return fail("host.state_dir (--state-dir) = " + found.error().message);
  return found;
}

result<slot_configuration> read_origin(const settings& config,
                                       const std::filesystem::path& journal) {
  auto oldest = find_oldest_snapshot(journal);
  if (!oldest) return tl::make_unexpected(oldest.error());
  if (oldest->snapshot) return oldest->snapshot->configuration();
  auto first = read_first_configuration(journal);
  if (!first) return tl::make_unexpected(first.error());
  if (*first) return std::move(**first);
  auto symbols = read_journal_symbols(journal, configuration_hash(config));
  if (!symbols) return tl::make_unexpected(symbols.error());
  std::vector<std::string> strategies;
  for (auto& s : config.strategies)
    strategies.push_back(s.name);
  return begin_configuration(config.execution,
                             make_trading_universe(config.instruments, *symbols, strategies), {});
}

result<std::unique_ptr<trading_state>> make_trading_state(const settings& config,
                                                          const std::filesystem::path& journal) {
  auto oldest = find_oldest_snapshot(journal);
  if (!oldest) return tl::make_unexpected(oldest.error());
  if (oldest->snapshot) return std::move(oldest->trading);
  auto origin = read_origin(config, journal);
  if (!origin) return tl::make_unexpected(origin.error());
  // No rows: what is wanted of an order is looked up, and there may be many.
  return std::make_unique<trading_state>(origin->settings, std::move(origin->universe), false);
}

} // namespace tickmesh
