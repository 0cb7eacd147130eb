// The sections [execution.limits] and [[execution.limits.scope]]: what may be traded, globally and
// by account, strategy and symbol.
#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <map>
#include <optional>

namespace tickmesh {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::array<std::pair<std::string_view, scope_kind>, 3> scope_keys{
    {{"account", scope_kind::account},
     {"strategy", scope_kind::strategy},
     {"symbol", scope_kind::symbol}}};

/// In place of a number: not limited, whatever was.
constexpr std::string_view off = "off";

void read_limit(toml_section& section, std::string_view key, std::optional<quantity>& out) {
  if (section.says(key, off)) return out.reset();
  quantity value = out.value_or(quantity{});
  if (section.read_decimal(key, value.value, 0, toml_section::decimal_max) && section.has(key))
    out = value;
}

void read_limit(toml_section& section, std::string_view key, std::optional<money>& out) {
  if (section.says(key, off)) return out.reset();
  auto value = static_cast<std::int64_t>(out.value_or(money{}).value);
  if (section.read_decimal(key, value, 0, toml_section::decimal_max) && section.has(key))
    out = money{value};
}

void read_ratio(toml_section& section, std::string_view key, std::optional<std::int64_t>& out) {
  if (section.says(key, off)) return out.reset();
  auto ratio = out.value_or(0);
  if (section.read_decimal(key, ratio, 0, decimal_scale) && section.has(key)) out = ratio;
}

template <class T>
void read_number(toml_section& section, std::string_view key, std::optional<T>& out, T high) {
  T value = out.value_or(T{});
  if (section.read(key, value, 0, high) && section.has(key)) out = value;
}

template <class T>
void read_limit(toml_section& section, std::string_view key, std::optional<T>& out, T high) {
  if (section.says(key, off)) return out.reset();
  read_number(section, key, out, high);
}

void read_limit(toml_section& section, std::string_view key, std::optional<nanoseconds>& out,
                nanoseconds low, nanoseconds high) {
  if (section.says(key, off)) return out.reset();
  auto value = out.value_or(low);
  if (section.read_duration(key, value, low, high) && section.has(key)) out = value;
}

void read_patterns(toml_section& section, std::string_view key, std::vector<std::string>& out) {
  if (section.says(key, off)) return out.clear();
  if (!section.read(key, out)) return;
  if (out.size() > symbol_list_max)
    return section.reject(key,
                          fmt::format("has {} patterns; allowed: {}", out.size(), symbol_list_max));
  for (auto& pattern : out)
    if (!is_valid_pattern(pattern))
      return section.reject(key, fmt::format("\"{}\" is no pattern; allowed: a symbol, `#` for a "
                                             "digit, `*` at the end for any tail",
                                             pattern));
}

/// What every scope has.
void load_scope_limits(toml_section& section, risk_limits& out) {
  constexpr std::uint64_t day_max = 1'000'000'000;
  read_limit(section, "position_max", out.position_max);
  read_limit(section, "order_value_max", out.order_value_max);
  read_limit(section, "daily_loss_max", out.daily_loss_max);
  read_limit(section, "order_size_max", out.order_size_max);
  read_ratio(section, "collar_ratio", out.collar_ratio);
  read_limit(section, "orders_per_second_max", out.orders_per_second_max, orders_per_second_limit);
  read_limit(section, "orders_per_day_max", out.orders_per_day_max, day_max);
  read_limit(section, "cancels_per_second_max", out.cancels_per_second_max,
             orders_per_second_limit);
  read_limit(section, "cancels_per_day_max", out.cancels_per_day_max, day_max);
  read_limit(section, "duplicate_window_ms", out.duplicate_window, milliseconds{1},
             duplicate_window_longest);
  section.read("refuse_self_trade", out.refuse_self_trade);
  read_limit(section, "gross_exposure_max", out.gross_exposure_max);
  read_limit(section, "net_exposure_max", out.net_exposure_max);
  read_patterns(section, "symbols_restricted", out.symbols_restricted);
  read_patterns(section, "symbols_allowed", out.symbols_allowed);
  if (section.has("symbols_allowed") && out.symbols_allowed.empty() &&
      !section.says("symbols_allowed", off))
    section.reject("symbols_allowed", "is empty; allowed: patterns; \"off\" is all symbols");
  section.read("in_session_only", out.in_session_only);
  read_limit(section, "mark_age_max_ms", out.mark_age_max, milliseconds{0}, hours{24});
  read_limit(section, "frozen_mark_max_ms", out.frozen_mark_max, milliseconds{0}, hours{24});
  read_limit(section, "signal_age_max_ms", out.signal_age_max, milliseconds{0}, hours{24});
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

void load_limits(toml_section section, const std::vector<strategy_settings>& strategies,
                 execution_settings& out) {
  load_scope_limits(section, out.limits);
  // Never off: each order is kept in memory.
  read_number(section, "orders_max", out.limits.orders_max, std::uint64_t{100'000'000});
  auto scopes = section.items("scope");
  if (scopes.size() > limit_scopes_max)
    section.reject("scope",
                   fmt::format("has {} entries; allowed: {}", scopes.size(), limit_scopes_max));
  std::map<std::pair<scope_kind, std::string>, std::size_t> seen;
  for (auto& entry : scopes) {
    limit_scope scope;
    load_cover(entry, out.account, strategies, scope);
    auto& known = find_scope(out.limit_scopes, scope, seen[{scope.kind, scope.name}]++);
    load_scope_limits(entry, known.limits);
  }
  if (out.limit_scopes.size() > limit_scopes_max)
    section.reject("scope", fmt::format("makes {} scopes with those that are there; allowed: {}",
                                        out.limit_scopes.size(), limit_scopes_max));
}

} // namespace tickmesh
