#include "actors/execution/risk_limits.hpp"

#include "messages/instrument.hpp"

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

std::string format_scope(const limit_scope& scope) {
  std::string out{scope_kind_names[static_cast<std::size_t>(scope.kind)]};
  return scope.kind == scope_kind::global ? out : out + ' ' + scope.name;
}

limit_table::limit_table(std::vector<limit_scope> scopes, std::string_view account,
                         const std::vector<std::string>& strategies,
                         const std::vector<std::string>& symbols)
    : scopes_(std::move(scopes)), by_strategy_(strategies.size()), by_symbol_(symbols.size()) {
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
        if (strategies[s] == scope.name) by_strategy_[s].push_back(applied);
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
