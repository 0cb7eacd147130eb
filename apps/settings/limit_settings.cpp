// The sections [execution.limits] and [[execution.limits.scope]]: what may be traded, globally and
// by account, strategy and symbol.
#include "apps/settings/declarations.hpp"
#include "apps/settings/load_settings.hpp"
#include "runtime/settings/setting_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, scope_kind>, 3> scope_keys{
    {{"account", scope_kind::account},
     {"strategy", scope_kind::strategy},
     {"symbol", scope_kind::symbol}}};

void check_patterns(toml_section& section, std::string_view key,
                    const std::vector<std::string>& patterns) {
  if (patterns.size() > symbol_list_max)
    return section.reject(
        key, fmt::format("has {} patterns; allowed: {}", patterns.size(), symbol_list_max));
  for (auto& pattern : patterns)
    if (!is_valid_pattern(pattern))
      return section.reject(key, fmt::format("\"{}\" is no pattern; allowed: a symbol, `#` for a "
                                             "digit, `*` at the end for any tail",
                                             pattern));
}

/// Of every scope.
void check_scope_limits(toml_section& section, const risk_limits& limits) {
  check_patterns(section, "symbols_restricted", limits.symbols_restricted);
  check_patterns(section, "symbols_allowed", limits.symbols_allowed);
  if (section.has("symbols_allowed") && limits.symbols_allowed.empty() &&
      !section.says("symbols_allowed", "off"))
    section.reject("symbols_allowed", "is empty; allowed: patterns; \"off\" is all symbols");
}

/// Whom a scope covers: exactly one of the three keys.
void load_cover(toml_section& section, const std::string& account,
                const std::vector<strategy_settings>& strategies, limit_scope& out) {
  constexpr std::string_view one_key = "allowed: exactly one of account, strategy and symbol";
  std::string_view chosen;
  for (auto& [key, kind] : scope_keys) {
    std::string name;
    if (!section.read(key, name) || !section.has(key)) continue;
    if (!chosen.empty())
      return section.reject(key, fmt::format("is one more scope beside {}; {}", chosen, one_key));
    chosen = key;
    out.kind = kind;
    out.name = name;
  }
  if (chosen.empty()) return section.reject("symbol", fmt::format("is missing; {}", one_key));
  if (out.kind == scope_kind::account && out.name != account)
    section.reject(chosen, fmt::format("is not the account; allowed: {}", account));
  if (out.kind == scope_kind::symbol && !is_valid_pattern(out.name))
    section.reject(chosen, "is no pattern; allowed: a symbol, `#` for a digit, `*` at the end for "
                           "any tail");
  if (out.kind != scope_kind::strategy) return;
  std::string names;
  for (auto& strategy : strategies) {
    if (strategy.name == out.name) return;
    names += (names.empty() ? "" : ", ") + strategy.name;
  }
  section.reject(chosen, fmt::format("is no strategy; allowed: {}", names));
}

/// The scope of that kind and name behind `before` others of it; a new one where there is none.
limit_scope& find_scope(std::vector<limit_scope>& scopes, const limit_scope& wanted,
                        std::size_t before) {
  for (auto& scope : scopes)
    if (scope.kind == wanted.kind && scope.name == wanted.name && before-- == 0) return scope;
  return scopes.emplace_back(wanted);
}

} // namespace

void declare(risk_limits& s, scope_kind kind, setting_visitor& v) {
  constexpr std::int64_t day_max = 1'000'000'000;
  v.optional_decimal("position_max", s.position_max);
  v.optional_decimal("order_value_max", s.order_value_max);
  v.optional_decimal("daily_loss_max", s.daily_loss_max);
  if (kind == scope_kind::global) // never off: each order is kept in memory
    v.optional_whole("orders_max", s.orders_max, 0, 100'000'000);
  else
    v.unset("orders_max", &s.orders_max);
  v.optional_decimal("order_size_max", s.order_size_max);
  v.optional_ratio("collar_ratio", s.collar_ratio, decimal_scale);
  v.optional_whole("orders_per_second_max", s.orders_per_second_max, 0, orders_per_second_limit,
                   true);
  v.optional_whole("orders_per_day_max", s.orders_per_day_max, 0, day_max, true);
  v.optional_whole("cancels_per_second_max", s.cancels_per_second_max, 0, orders_per_second_limit,
                   true);
  v.optional_whole("cancels_per_day_max", s.cancels_per_day_max, 0, day_max, true);
  v.optional_duration("duplicate_window_ms", s.duplicate_window, milliseconds{1},
                      duplicate_window_longest);
  v.optional_decimal("gross_exposure_max", s.gross_exposure_max);
  v.optional_decimal("net_exposure_max", s.net_exposure_max);
  v.optional_duration("mark_age_max_ms", s.mark_age_max, milliseconds{0}, hours{24});
  v.optional_duration("frozen_mark_max_ms", s.frozen_mark_max, milliseconds{0}, hours{24});
  v.optional_duration("signal_age_max_ms", s.signal_age_max, milliseconds{0}, hours{24});
  v.flag("refuse_self_trade", s.refuse_self_trade);
  v.flag("in_session_only", s.in_session_only);
  v.pattern_list("symbols_restricted", s.symbols_restricted);
  v.pattern_list("symbols_allowed", s.symbols_allowed);
}

void declare(limit_scope& s, setting_visitor& v) {
  v.derived(&s.kind); // the key of its name, which load_cover reads
  v.parsed(scope_kind_names[static_cast<std::size_t>(s.kind)], &s.name, {format_scope(s), {}});
  declare(s.limits, s.kind, v);
}

void load_limits(const toml_section& section, const std::vector<strategy_settings>& strategies,
                 execution_settings& out) {
  setting_reader reader{section};
  declare(out.limits, scope_kind::global, reader);
  finish_limits(section, strategies, out);
}

void finish_limits(toml_section section, const std::vector<strategy_settings>& strategies,
                   execution_settings& out) {
  check_scope_limits(section, out.limits);
  auto scopes = section.items("scope");
  if (scopes.size() > limit_scopes_max)
    section.reject("scope",
                   fmt::format("has {} entries; allowed: {}", scopes.size(), limit_scopes_max));
  std::map<std::pair<scope_kind, std::string>, std::size_t> seen;
  for (auto& entry : scopes) {
    limit_scope scope;
    load_cover(entry, out.account, strategies, scope);
    auto& known = find_scope(out.limit_scopes, scope, seen[{scope.kind, scope.name}]++);
    setting_reader reader{entry};
    declare(known.limits, known.kind, reader);
    check_scope_limits(entry, known.limits);
  }
  if (out.limit_scopes.size() > limit_scopes_max)
    section.reject("scope", fmt::format("makes {} scopes with those that are there; allowed: {}",
                                        out.limit_scopes.size(), limit_scopes_max));
}

} // namespace tickmesh
