#include "actors/execution/risk_rules.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

constexpr int128 exposure_cap = int128{1} << 100U;

int128 magnitude(int128 v) {
  return v < 0 ? -v : v;
}

verdict outcome_of(bool passes, verdict rule) {
  return passes ? verdict::approved : rule;
}

/// In 1e-8 s, rounded up.
int128 seconds_of(nanoseconds t) {
  return (int128{t.count()} + 9) / 10;
}

int128 net_of(const exposure_sums& sums) {
  return std::max(magnitude(sums.longs.value), magnitude(sums.shorts.value));
}

int128 count_units(std::uint64_t n) {
  return static_cast<int128>(n) * decimal_scale;
}

} // namespace

risk_result check_currency(std::string_view account, std::string_view instrument_currency) {
  return {outcome_of(account == instrument_currency, verdict::currency_mismatch)};
}

risk_result check_validity(const order_intent& order, const instrument& traded) {
  auto on_grid = [](std::int64_t value, std::int64_t step) {
    return step > 0 && value % step == 0;
  };
  bool has_price = order.limit != no_price && order.limit.value > 0 &&
                   on_grid(order.limit.value, traded.price_tick.value);
  bool valid = order.direction != side::none &&
               (order.type == order_type::market ? order.limit == no_price : has_price) &&
               order.volume.value > 0 && on_grid(order.volume.value, traded.quantity_step.value) &&
               traded.multiplier > 0;
  return {outcome_of(valid, verdict::invalid_order)};
}

price judged_price(const order_intent& order, const market_facts& market) {
  if (order.type == order_type::limit) return order.limit;
  auto quote = order.direction == side::buy ? market.ask : market.bid;
  return quote.value > 0 ? quote : no_price;
}

price reference_price(const market_facts& market) {
  if (market.last.value > 0) return market.last;
  if (market.bid.value <= 0 || market.ask.value <= 0) return no_price;
  return price{static_cast<std::int64_t>((int128{market.bid.value} + market.ask.value) / 2)};
}

risk_result check_position(const order_intent& order, const symbol_exposure& exposure,
                           quantity position_max) {
  int128 position = exposure.position.value;
  int128 side_total = order.direction == side::buy ? position + exposure.open_buys.value
                                                   : exposure.open_sells.value - position;
  side_total += order.volume.value; // four int64 at most: no overflow in 128 bits
  return {outcome_of(side_total <= position_max.value, verdict::position_limit_exceeded),
          std::max<int128>(side_total, 0), position_max.value};
}

risk_result check_order_value(const order_intent& order, std::int64_t multiplier,
                              money order_value_max) {
  return check_order_value(order_value(order.limit, order.volume, multiplier), order_value_max);
}

risk_result check_order_value(std::optional<money> value, money order_value_max) {
  if (!value) return {verdict::order_value_exceeded, usage_overflow, order_value_max.value};
  return {outcome_of(*value <= order_value_max, verdict::order_value_exceeded), value->value,
          order_value_max.value};
}

risk_result check_daily_loss(money day_pnl, money daily_loss_max) {
  int128 loss = 0;
  if (day_pnl.value < 0 && __builtin_sub_overflow(int128{0}, day_pnl.value, &loss))
    return {verdict::daily_loss_limit, usage_overflow, daily_loss_max.value};
  return {outcome_of(loss < daily_loss_max.value, verdict::daily_loss_limit), loss,
          daily_loss_max.value};
}

risk_result check_order_count(std::uint64_t orders_sent, std::uint64_t orders_max) {
  return {outcome_of(orders_sent < orders_max, verdict::order_count_exceeded),
          count_units(orders_sent), count_units(orders_max)};
}

risk_result check_order_size(quantity volume, quantity order_size_max) {
  return {outcome_of(volume <= order_size_max, verdict::order_size_exceeded), volume.value,
          order_size_max.value};
}

risk_result check_price_collar(side direction, price judged, price reference, std::int64_t ratio) {
  assert(judged.value > 0 && reference.value > 0 && ratio >= 0);
  auto above = int128{judged.value} - reference.value;
  auto distance = direction == side::buy ? above : -above;
  // The distance is whole, so that it may be compared with the limit rounded down.
  std::int64_t product = 0;
  auto widest = __builtin_mul_overflow(ratio, reference.value, &product)
                    ? int128{ratio} * reference.value / decimal_scale
                    : int128{product / decimal_scale};
  return {outcome_of(distance <= widest, verdict::price_collar_exceeded),
          std::max<int128>(distance, 0), widest};
}

risk_result check_count(verdict rule, std::uint64_t so_far, std::uint64_t count_max) {
  return {outcome_of(so_far < count_max, rule), count_units(so_far) + decimal_scale,
          count_units(count_max)};
}

risk_result check_duplicate(std::optional<nanoseconds> since_same, nanoseconds window) {
  auto left = since_same && *since_same < window ? window - *since_same : nanoseconds{0};
  return {outcome_of(left == nanoseconds{0}, verdict::duplicate_order), seconds_of(left),
          seconds_of(window)};
}

risk_result check_self_trade(const order_intent& order, price own_buy, price own_sell) {
  bool buys = order.direction == side::buy;
  auto own = buys ? own_sell : own_buy;
  auto judged = order.limit == no_price ? int128{0} : int128{order.limit.value};
  if (own == no_price) return {verdict::approved, judged, 0};
  bool crosses =
      order.type == order_type::market || (buys ? order.limit >= own : order.limit <= own);
  return {outcome_of(!crosses, verdict::self_trade), judged, own.value};
}

risk_result check_gross_exposure(const exposure_sums& before, const exposure_sums& after,
                                 money gross_exposure_max) {
  bool passes = after.gross <= gross_exposure_max ||
                (after.gross <= before.gross && after.gross.value < exposure_cap);
  return {outcome_of(passes, verdict::gross_exposure_exceeded), after.gross.value,
          gross_exposure_max.value};
}

risk_result check_net_exposure(const exposure_sums& before, const exposure_sums& after,
                               money net_exposure_max) {
  auto net = net_of(after);
  bool passes = net <= net_exposure_max.value || (net <= net_of(before) && net < exposure_cap);
  return {outcome_of(passes, verdict::net_exposure_exceeded), net, net_exposure_max.value};
}

risk_result check_symbol_lists(std::string_view symbol, const std::vector<std::string>& restricted,
                               const std::vector<std::string>& allowed) {
  auto fits = [symbol](auto& pattern) { return matches_pattern(pattern, symbol); };
  bool passes = std::ranges::none_of(restricted, fits) &&
                (allowed.empty() || std::ranges::any_of(allowed, fits));
  return {outcome_of(passes, verdict::symbol_restricted)};
}

risk_result check_session(bool in_session) {
  return {outcome_of(in_session, verdict::outside_session)};
}

risk_result check_trading_mode(trading_mode mode, const order_intent& order,
                               const symbol_exposure& exposure) {
  if (mode == trading_mode::active) return {};
  if (mode == trading_mode::halted) return {verdict::trading_halted, order.volume.value, 0};
  int128 position = exposure.position.value;
  int128 left = order.direction == side::buy ? -position - exposure.open_buys.value
                                             : position - exposure.open_sells.value;
  left = std::max<int128>(left, 0);
  return {outcome_of(order.volume.value <= left, verdict::trading_reducing), order.volume.value,
          left};
}

risk_result check_mark_age(std::optional<nanoseconds> age, nanoseconds mark_age_max) {
  if (!age) return {verdict::stale_market_data, usage_overflow, seconds_of(mark_age_max)};
  return {outcome_of(*age <= mark_age_max, verdict::stale_market_data), seconds_of(*age),
          seconds_of(mark_age_max)};
}

risk_result check_signal_age(nanoseconds age, nanoseconds signal_age_max) {
  bool passes = signal_age_max == nanoseconds{0} || age <= signal_age_max;
  return {outcome_of(passes, verdict::expired), seconds_of(age), seconds_of(signal_age_max)};
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
    return held < 0 ? -exposure_cap : exposure_cap;
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
