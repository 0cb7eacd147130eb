#include "actors/execution/risk/limits/risk_rules.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

using detail::exposure_cap;
using detail::magnitude;
using detail::outcome_of;

risk_result check_validity(const order_intent& order, const instrument& traded) {
  auto on_grid = [](std::int64_t value, std::int64_t step) {
    return step > 0 && value % step == 0;
  };
  bool has_price = order.limit != no_price && order.limit > traded.limits.price_min &&
                   on_grid(order.limit.value, traded.price_tick.value);
  bool valid = order.direction != side::none &&
               (order.type == order_type::market ? order.limit == no_price : has_price) &&
               order.volume.value > 0 && on_grid(order.volume.value, traded.quantity_step.value) &&
               traded.multiplier > 0;
  return {outcome_of(valid, verdict::invalid_order)};
}

risk_result check_order_value(const order_intent& order, std::int64_t multiplier,
                              money order_value_max) {
  return check_order_value(order_value(order.limit, order.volume, multiplier), order_value_max);
}

risk_result check_symbol_lists(std::string_view symbol, const std::vector<std::string>& restricted,
                               const std::vector<std::string>& allowed) {
  auto fits = [symbol](auto& pattern) { return matches_pattern(pattern, symbol); };
  bool passes = std::ranges::none_of(restricted, fits) &&
                (allowed.empty() || std::ranges::any_of(allowed, fits));
  return {outcome_of(passes, verdict::symbol_restricted)};
}

int128 scale_value(int128 sum, std::int64_t multiplier) {
  bool negative = sum < 0;
  auto capped = negative ? -exposure_cap : exposure_cap;
  auto divide = [](int128 a) {
    auto quotient = a / decimal_scale;
    return a - quotient * decimal_scale < 0 ? quotient - 1 : quotient;
  };
  int128 product = 0;
  if (multiplier % decimal_scale == 0) {
    if (__builtin_mul_overflow(sum, int128{multiplier / decimal_scale}, &product)) return capped;
    return std::clamp(divide(product), -exposure_cap, exposure_cap);
  }
  // Dividing in two steps gives the same floor: the fraction is below 1e8, its product fits.
  auto whole = divide(sum);
  auto fraction = sum - whole * decimal_scale;
  if (__builtin_mul_overflow(whole, int128{multiplier}, &product) ||
      __builtin_add_overflow(product, divide(fraction * multiplier), &product))
    return capped;
  return std::clamp(divide(product), -exposure_cap, exposure_cap);
}

int128 exposure_value(int128 held, price at, std::int64_t multiplier) {
  int128 sum = 0;
  // Whole lots and multipliers need no 128-bit division, which is slow.
  auto small = static_cast<std::int64_t>(held);
  if (small == held && small % decimal_scale == 0 && multiplier % decimal_scale == 0) {
    auto lots = int128{small / decimal_scale} * (multiplier / decimal_scale);
    if (!__builtin_mul_overflow(lots, int128{at.value}, &sum))
      return std::clamp(sum, -exposure_cap, exposure_cap);
  }
  if (__builtin_mul_overflow(held, int128{at.value}, &sum))
    return (held < 0) != (at < price{}) ? -exposure_cap : exposure_cap;
  return scale_value(sum, multiplier);
}

exposure_sums sums_with(const exposure_sums& sums, const order_intent& order,
                        const symbol_exposure& exposure, price valued_at, std::int64_t multiplier) {
  auto value = [multiplier](int128 held, price at) {
    return at == no_price ? int128{0} : exposure_value(held, at, multiplier);
  };
  auto at = valued_at == no_price ? order.limit : valued_at;
  int128 position = exposure.position.value;
  auto long_side = position + exposure.open_buys.value;
  auto short_side = position - exposure.open_sells.value;
  bool buys = order.direction == side::buy;
  auto longs = value(long_side, valued_at);
  auto shorts = long_side == short_side ? longs : value(short_side, valued_at);
  auto longs_then = longs;
  auto shorts_then = shorts;
  if (buys || valued_at == no_price)
    longs_then = value(long_side + (buys ? order.volume.value : 0), at);
  if (!buys || valued_at == no_price)
    shorts_then = value(short_side - (buys ? 0 : order.volume.value), at);
  auto gross = std::max(magnitude(longs), magnitude(shorts));
  auto gross_then = std::max(magnitude(longs_then), magnitude(shorts_then));
  return {money{sums.longs.value - longs + longs_then},
          money{sums.shorts.value - shorts + shorts_then},
          money{sums.gross.value - gross + gross_then}};
}

} // namespace tickmesh
