#include "actors/execution/limits_difference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// Calls `visit` with each key and its value.
template <class Visit>
void for_each_limit(const risk_limits& l, Visit visit) {
  visit("position_max", text_of(l.position_max));
  visit("order_value_max", text_of(l.order_value_max));
  visit("daily_loss_max", text_of(l.daily_loss_max));
  visit("orders_max", text_of(l.orders_max));
  visit("order_size_max", text_of(l.order_size_max));
  visit("collar_ratio",
        l.collar_ratio ? text_or_none{format_decimal(*l.collar_ratio)} : std::nullopt);
  visit("orders_per_second_max", text_of(l.orders_per_second_max));
  visit("orders_per_day_max", text_of(l.orders_per_day_max));
  visit("cancels_per_second_max", text_of(l.cancels_per_second_max));
  visit("cancels_per_day_max", text_of(l.cancels_per_day_max));
  visit("duplicate_window_ms", ms_of(l.duplicate_window));
  visit("refuse_self_trade", text_of(l.refuse_self_trade));
  visit("gross_exposure_max", text_of(l.gross_exposure_max));
  visit("net_exposure_max", text_of(l.net_exposure_max));
  visit("symbols_restricted", text_of(l.symbols_restricted));
  visit("symbols_allowed", text_of(l.symbols_allowed));
  visit("in_session_only", text_of(l.in_session_only));
  visit("mark_age_max_ms", ms_of(l.mark_age_max));
  visit("frozen_mark_max_ms", ms_of(l.frozen_mark_max));
  visit("signal_age_max_ms", ms_of(l.signal_age_max));
}

void compare(const limit_scope& scope, const risk_limits& before, const risk_limits& after,
             std::vector<limit_difference>& out) {
  std::vector<text_or_none> values;
  for_each_limit(before, [&](auto*, auto value) { values.push_back(std::move(value)); });
  std::size_t i = 0;
  for_each_limit(after, [&](auto* key, auto value) {
    auto& was = values[i++];
    if (was != value) out.push_back({format_scope(scope), key, was, std::move(value)});
  });
}

} // namespace

std::vector<limit_difference> compare_limits(std::span<const limit_scope> before,
                                             std::span<const limit_scope> after) {
  std::vector<limit_difference> out;
  std::vector<bool> is_compared(after.size());
  for (auto& scope : before) {
    std::size_t i = 0;
    while (i < after.size() &&
           (is_compared[i] || after[i].kind != scope.kind || after[i].name != scope.name))
      ++i;
    bool is_gone = i == after.size();
    if (!is_gone) is_compared[i] = true;
    compare(scope, scope.limits, is_gone ? risk_limits{} : after[i].limits, out);
  }
  for (std::size_t i = 0; i < after.size(); ++i)
    if (!is_compared[i]) compare(after[i], {}, after[i].limits, out);
  return out;
}

} // namespace tickmesh
