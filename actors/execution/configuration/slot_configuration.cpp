#include "actors/execution/configuration/slot_configuration.hpp"

#include "actors/execution/configuration/configuration_codec.hpp"

#include "actors/execution/events/execution_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

namespace tickmesh {

namespace {

/// Puts the names that `known` lacks behind it.
void add_names(std::vector<std::string>& known, const std::vector<std::string>& names) {
  std::vector<std::string> sorted{known};
  std::ranges::sort(sorted);
  for (auto& name : names)
    if (!std::ranges::binary_search(sorted, name)) known.push_back(name);
}

bool begins_with(const std::vector<std::string>& names, const std::vector<std::string>& beginning) {
  return beginning.size() <= names.size() &&
         std::ranges::equal(beginning, std::span{names}.first(beginning.size()));
}

std::vector<std::string> names_of(const std::vector<broker_settings>& brokers) {
  std::vector<std::string> out;
  for (auto& broker : brokers)
    out.push_back(broker.name);
  return out;
}

/// With the ids of `held`.
std::vector<broker_settings> follow_brokers(const std::vector<broker_settings>& held,
                                            const std::vector<broker_settings>& given) {
  auto names = names_of(held);
  add_names(names, names_of(given));
  std::vector<broker_settings> out;
  for (auto& name : names) {
    auto found = std::ranges::find(given, name, &broker_settings::name);
    auto& from = found != given.end() ? *found : held[out.size()];
    out.push_back(from);
    out.back().is_gone = found == given.end();
  }
  return out;
}

/// A part of a configuration as text, for comparison: the rest is as in `base`.
using part = void (*)(slot_configuration& base, const slot_configuration& from);

bool differs(const slot_configuration& held, const slot_configuration& next, part take) {
  auto changed = held;
  take(changed, next);
  return !is_same(held, changed);
}

/// Symbols of both whose instruments `differ` in something.
template <class Differ>
std::size_t count_symbols(const slot_configuration& held, const slot_configuration& next,
                          Differ differ) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < held.universe.symbols.size(); ++i) {
    auto& before = held.universe.instruments[i];
    auto& after = next.universe.instruments[i];
    count += before && after && differ(*before, *after) ? 1 : 0;
  }
  return count;
}

} // namespace

bool operator==(const slot_configured& a, const slot_configured& b) {
  return a.configuration == b.configuration || is_same(*a.configuration, *b.configuration);
}

slot_configuration begin_configuration(const execution_settings& settings,
                                       trading_universe universe, std::string build) {
  assert(universe.instruments.size() == universe.symbols.size());
  slot_configuration out{.build = std::move(build),
                         .settings = settings,
                         .universe = std::move(universe),
                         .limits_in_force = settings.all_limits()};
  out.settings.brokers = settings.all_brokers();
  out.universe.account = settings.account;
  return out;
}

result<slot_configuration> follow_configuration(const slot_configuration& held,
                                                const slot_configuration& given,
                                                const std::vector<limit_scope>& in_force,
                                                const instrument_table& instruments) {
  auto out = given;
  out.settings.brokers = follow_brokers(held.settings.all_brokers(), given.settings.all_brokers());
  out.universe.symbols = held.universe.symbols;
  add_names(out.universe.symbols, given.universe.symbols);
  out.universe.strategies = held.universe.strategies;
  add_names(out.universe.strategies, given.universe.strategies);
  out.universe.instruments.clear();
  for (auto& symbol : out.universe.symbols) {
    auto* found = instruments.find(symbol);
    out.universe.instruments.push_back(found ? std::optional{*found} : std::nullopt);
  }
  auto are_changed = given.settings.all_limits() != held.settings.all_limits();
  out.limits_in_force = are_changed ? given.settings.all_limits() : in_force;
  if (out.settings.brokers.size() > std::numeric_limits<broker_id::rep>::max() ||
      out.universe.strategies.size() > std::numeric_limits<strategy_id::rep>::max())
    return fail(fmt::format("a journal has room for {} brokers and {} strategies, those that are "
                            "configured no more included; begin another one (host.state_dir)",
                            std::numeric_limits<broker_id::rep>::max(),
                            std::numeric_limits<strategy_id::rep>::max()));
  return out;
}

bool keeps_ids(const slot_configuration& earlier, const slot_configuration& later) {
  return begins_with(later.universe.symbols, earlier.universe.symbols) &&
         begins_with(later.universe.strategies, earlier.universe.strategies) &&
         begins_with(names_of(later.settings.all_brokers()),
                     names_of(earlier.settings.all_brokers()));
}

bool is_same(const slot_configuration& a, const slot_configuration& b) {
  return encode_configuration(a) == encode_configuration(b);
}

std::vector<std::string> describe_changes(const slot_configuration& held,
                                          const slot_configuration& next) {
  std::vector<std::string> out;
  auto note = [&](bool is_changed, std::string what) {
    if (is_changed) out.push_back(std::move(what));
  };
  auto note_symbols = [&](std::size_t count, std::string_view what) {
    if (count > 0) out.push_back(fmt::format("{} of {} symbols", what, count));
  };
  note(next.build != held.build, "the program");
  note(next.limits_in_force != held.limits_in_force, "limits");
  note(next.settings.account != held.settings.account ||
           next.settings.currency != held.settings.currency,
       "account or currency");
  note(next.universe.symbols != held.universe.symbols, "new symbols");
  note(next.universe.strategies != held.universe.strategies, "new strategies");
  note(differs(held, next,
               [](auto& base, auto& from) {
                 base.settings.brokers = from.settings.brokers;
                 base.settings.primary_broker = from.settings.primary_broker;
                 base.settings.backup_broker = from.settings.backup_broker;
                 base.settings.sequencer = from.settings.sequencer;
               }),
       "brokers");
  note_symbols(count_symbols(held, next, [](auto& a, auto& b) { return a.fees != b.fees; }),
               "fees");
  note_symbols(
      count_symbols(held, next, [](auto& a, auto& b) { return a.multiplier != b.multiplier; }),
      "multiplier");
  note(differs(held, next,
               [](auto& base, auto& from) {
                 auto count = base.universe.symbols.size();
                 base.universe.instruments.assign(from.universe.instruments.begin(),
                                                  from.universe.instruments.begin() +
                                                      static_cast<std::ptrdiff_t>(count));
               }),
       "instruments and calendars");
  note(
      differs(held, next,
              [](auto& base, auto& from) {
                auto brokers = std::move(base.settings.brokers);
                auto limits = base.settings.all_limits();
                auto routing = std::pair{base.settings.primary_broker, base.settings.backup_broker};
                auto order = base.settings.sequencer;
                auto account = std::pair{base.settings.account, base.settings.currency};
                base.settings = from.settings;
                base.settings.brokers = std::move(brokers);
                base.settings.limits = limits.front().limits;
                base.settings.limit_scopes.assign(limits.begin() + 1, limits.end());
                std::tie(base.settings.primary_broker, base.settings.backup_broker) = routing;
                base.settings.sequencer = order;
                std::tie(base.settings.account, base.settings.currency) = account;
              }),
      "times and intervals");
  return out;
}

} // namespace tickmesh
