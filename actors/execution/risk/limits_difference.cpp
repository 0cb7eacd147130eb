#include "actors/execution/risk/limits_difference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <type_traits>

namespace tickmesh {

namespace {

using text_or_none = std::optional<std::string>;

template <class T>
text_or_none text_of(const std::optional<T>& limit) {
  if (!limit) return std::nullopt;
  if constexpr (std::is_integral_v<T>)
    return fmt::format("{}", *limit);
  else
    return format_decimal(limit->value);
}

/// In ms, which may have decimals.
text_or_none ms_of(const std::optional<nanoseconds>& limit) {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  if (!limit) return std::nullopt;
  return format_decimal(int128{limit->count()} * decimal_scale / ns_per_ms);
}

text_or_none text_of(bool is_set) {
  return is_set ? text_or_none{"true"} : std::nullopt;
}

text_or_none text_of(const std::vector<std::string>& patterns) {
  if (patterns.empty()) return std::nullopt;
  return fmt::format("[{}]", fmt::join(patterns, ", "));
}

/// Whether a maximum lets more pass; no maximum lets all pass.
template <class T>
bool rises(const std::optional<T>& before, const std::optional<T>& after) {
  return before && (!after || *after > *before);
}

/// Of ages, 0 is no maximum either.
bool age_rises(std::optional<nanoseconds> before, std::optional<nanoseconds> after) {
  if (before == nanoseconds{0}) before.reset();
  if (after == nanoseconds{0}) after.reset();
  return rises(before, after);
}

/// Whether every pattern of `some` is in `all`.
bool contains(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::ranges::all_of(
      some, [&all](auto& pattern) { return std::ranges::find(all, pattern) != all.end(); });
}

/// Calls `visit` with each key, its values in both, and whether the second is the looser one.
template <class Visit>
void for_each_limit(const risk_limits& b, const risk_limits& a, Visit visit) {
  auto maximum = [&](const char* key, auto member) {
    visit(key, text_of(b.*member), text_of(a.*member), rises(b.*member, a.*member));
  };
  auto rule = [&](const char* key, bool risk_limits::*member) {
    visit(key, text_of(b.*member), text_of(a.*member), b.*member && !(a.*member));
  };
  auto ratio_of = [](const risk_limits& l) {
    return l.collar_ratio ? text_or_none{format_decimal(*l.collar_ratio)} : std::nullopt;
  };
  maximum("position_max", &risk_limits::position_max);
  maximum("order_value_max", &risk_limits::order_value_max);
  maximum("daily_loss_max", &risk_limits::daily_loss_max);
  maximum("orders_max", &risk_limits::orders_max);
  maximum("order_size_max", &risk_limits::order_size_max);
  visit("collar_ratio", ratio_of(b), ratio_of(a), rises(b.collar_ratio, a.collar_ratio));
  maximum("orders_per_second_max", &risk_limits::orders_per_second_max);
  maximum("orders_per_day_max", &risk_limits::orders_per_day_max);
  maximum("cancels_per_second_max", &risk_limits::cancels_per_second_max);
  maximum("cancels_per_day_max", &risk_limits::cancels_per_day_max);
  visit("duplicate_window_ms", ms_of(b.duplicate_window), ms_of(a.duplicate_window),
        b.duplicate_window && (!a.duplicate_window || *a.duplicate_window < *b.duplicate_window));
  rule("refuse_self_trade", &risk_limits::refuse_self_trade);
  maximum("gross_exposure_max", &risk_limits::gross_exposure_max);
  maximum("net_exposure_max", &risk_limits::net_exposure_max);
  visit("symbols_restricted", text_of(b.symbols_restricted), text_of(a.symbols_restricted),
        !contains(a.symbols_restricted, b.symbols_restricted));
  visit("symbols_allowed", text_of(b.symbols_allowed), text_of(a.symbols_allowed),
        !b.symbols_allowed.empty() &&
            (a.symbols_allowed.empty() || !contains(b.symbols_allowed, a.symbols_allowed)));
  rule("in_session_only", &risk_limits::in_session_only);
  visit("mark_age_max_ms", ms_of(b.mark_age_max), ms_of(a.mark_age_max),
        rises(b.mark_age_max, a.mark_age_max));
  visit("frozen_mark_max_ms", ms_of(b.frozen_mark_max), ms_of(a.frozen_mark_max),
        rises(b.frozen_mark_max, a.frozen_mark_max));
  visit("signal_age_max_ms", ms_of(b.signal_age_max), ms_of(a.signal_age_max),
        age_rises(b.signal_age_max, a.signal_age_max));
}

enum class wanted : std::uint8_t { all, loosened };

void compare(const limit_scope& scope, const risk_limits& before, const risk_limits& after,
             wanted which, std::vector<limit_difference>& out) {
  for_each_limit(before, after, [&](auto* key, auto was, auto is, bool is_looser) {
    if (was != is && (which == wanted::all || is_looser))
      out.push_back({format_scope(scope), key, std::move(was), std::move(is)});
  });
}

std::vector<limit_difference> compare(std::span<const limit_scope> before,
                                      std::span<const limit_scope> after, wanted which) {
  std::vector<limit_difference> out;
  std::vector<bool> is_compared(after.size());
  for (auto& scope : before) {
    std::size_t i = 0;
    while (i < after.size() &&
           (is_compared[i] || after[i].kind != scope.kind || after[i].name != scope.name))
      ++i;
    bool is_gone = i == after.size();
    if (!is_gone) is_compared[i] = true;
    compare(scope, scope.limits, is_gone ? risk_limits{} : after[i].limits, which, out);
  }
  for (std::size_t i = 0; i < after.size(); ++i)
    if (!is_compared[i]) compare(after[i], {}, after[i].limits, which, out);
  return out;
}

} // namespace

std::vector<limit_difference> compare_limits(std::span<const limit_scope> before,
                                             std::span<const limit_scope> after) {
  return compare(before, after, wanted::all);
}

std::vector<limit_difference> loosened_limits(std::span<const limit_scope> before,
                                              std::span<const limit_scope> after) {
  return compare(before, after, wanted::loosened);
}

std::uint64_t fingerprint_of(std::span<const limit_scope> limits) {
  std::string text;
  for (auto& scope : limits) {
    text += format_scope(scope) + '\n';
    for_each_limit({}, scope.limits, [&](auto* key, const auto&, const auto& is, bool) {
      if (is) text += fmt::format("{} = {}\n", key, *is);
    });
  }
  return XXH3_64bits(text.data(), text.size());
}

bool is_made_of(const limits_change& change, std::span<const limit_scope> now) {
  return !change.base || *change.base == fingerprint_of(now);
}

} // namespace tickmesh
