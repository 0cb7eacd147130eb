#include "actors/execution/risk/limits/risk_limits.hpp"

#include "messages/instrument.hpp"

#include <fmt/format.h>

#include <cassert>
#include <limits>
#include <utility>

namespace tickmesh {

risk_limits default_limits() {
  risk_limits out;
  out.position_max = quantity{100 * decimal_scale};
  out.order_value_max = money{int128{1'000'000} * decimal_scale};
  out.daily_loss_max = money{int128{50'000} * decimal_scale};
  out.orders_max = 1'000'000;
  out.signal_age_max = std::chrono::seconds{2};
  return out;
}

result<void> check_limits(const std::vector<limit_scope>& scopes) {
  if (scopes.empty() || scopes.front().kind != scope_kind::global)
    return fail("the first scope of the limits is not the global one");
  if (scopes.size() > limit_scopes_max + 1)
    return fail(fmt::format("limits of {} scopes; allowed: {}", scopes.size(), limit_scopes_max));
  for (auto& scope : scopes) {
    auto& limits = scope.limits;
    auto refuse = [&](std::string_view what) {
      return fail(fmt::format("{}: {} is out of its bounds", format_scope(scope), what));
    };
    auto is_within = [](const auto& limit, auto low, auto high) {
      return !limit || (*limit >= low && *limit <= high);
    };
    constexpr quantity quantity_max{std::numeric_limits<std::int64_t>::max()};
    constexpr money money_max{quantity_max.value};
    constexpr nanoseconds day{std::chrono::hours{24}};
    if (!is_within(limits.position_max, quantity{}, quantity_max)) return refuse("position_max");
    if (!is_within(limits.order_size_max, quantity{}, quantity_max))
      return refuse("order_size_max");
    for (auto [limit, name] : {std::pair{limits.order_value_max, "order_value_max"},
                               {limits.daily_loss_max, "daily_loss_max"},
                               {limits.gross_exposure_max, "gross_exposure_max"},
                               {limits.net_exposure_max, "net_exposure_max"}})
      if (!is_within(limit, money{}, money_max)) return refuse(name);
    if (!is_within(limits.collar_ratio, std::int64_t{0}, decimal_scale))
      return refuse("collar_ratio");
    if (!is_within(limits.orders_per_second_max, 0U, orders_per_second_limit))
      return refuse("orders_per_second_max");
    if (!is_within(limits.cancels_per_second_max, 0U, orders_per_second_limit))
      return refuse("cancels_per_second_max");
    if (!is_within(limits.duplicate_window, nanoseconds{1}, duplicate_window_longest))
      return refuse("duplicate_window");
    if (!is_within(limits.mark_age_max, nanoseconds{0}, day)) return refuse("mark_age_max");
    if (!is_within(limits.frozen_mark_max, nanoseconds{0}, day)) return refuse("frozen_mark_max");
    if (!is_within(limits.signal_age_max, nanoseconds{0}, day)) return refuse("signal_age_max");
    if (limits.symbols_restricted.size() > symbol_list_max ||
        limits.symbols_allowed.size() > symbol_list_max)
      return refuse("a list of symbols");
  }
  return {};
}

std::string format_scope(const limit_scope& scope) {
  std::string out{scope_kind_names[static_cast<std::size_t>(scope.kind)]};
  return scope.kind == scope_kind::global ? out : out + ' ' + scope.name;
}

limit_table::limit_table(std::vector<limit_scope> scopes, std::string_view account,
                         const std::vector<std::string>& strategies,
                         const std::vector<std::string>& symbols)
    : scopes_(std::move(scopes)), by_strategy_(strategies.size() + 1), by_symbol_(symbols.size()) {
  assert(scopes_.size() <= std::numeric_limits<std::uint16_t>::max());
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    auto& scope = scopes_[i];
    applied_limit applied{&scope.limits, scope.kind, static_cast<std::uint16_t>(i)};
    switch (scope.kind) {
    case scope_kind::global: common_.push_back(applied); break;
    case scope_kind::account:
      if (scope.name == account) common_.push_back(applied);
      break;
    case scope_kind::strategy:
      for (std::size_t s = 0; s < strategies.size(); ++s)
        if (strategies[s] == scope.name) by_strategy_[s + 1].push_back(applied);
      limits_strategy_sums_ = limits_strategy_sums_ || scope.limits.daily_loss_max ||
                              scope.limits.gross_exposure_max || scope.limits.net_exposure_max;
      break;
    case scope_kind::symbol:
      for (std::size_t s = 0; s < symbols.size(); ++s)
        if (matches_pattern(scope.name, symbols[s])) by_symbol_[s].push_back(applied);
      break;
    }
  }
}

} // namespace tickmesh
