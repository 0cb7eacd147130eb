#include "actors/execution/risk_rules.hpp"

#include <algorithm>

namespace tickmesh {

risk_result check_currency(std::string_view account, std::string_view instrument_currency) {
  return {account == instrument_currency ? verdict::approved : verdict::currency_mismatch};
}

risk_result check_validity(const order_intent& order, const instrument& traded) {
  auto on_grid = [](std::int64_t value, std::int64_t step) {
    return step > 0 && value % step == 0;
  };
  bool valid = order.direction != side::none && order.limit != no_price && order.limit.value > 0 &&
               on_grid(order.limit.value, traded.price_tick.value) && order.volume.value > 0 &&
               on_grid(order.volume.value, traded.quantity_step.value) && traded.multiplier > 0;
  return {valid ? verdict::approved : verdict::invalid_order};
}

risk_result check_position(const order_intent& order, const symbol_exposure& exposure,
                           quantity position_max) {
  int128 position = exposure.position.value;
  int128 side_total = order.direction == side::buy ? position + exposure.open_buys.value
                                                   : exposure.open_sells.value - position;
  side_total += order.volume.value; // four int64 at most: no overflow in 128 bits
  return {side_total > position_max.value ? verdict::position_limit_exceeded : verdict::approved,
          std::max<int128>(side_total, 0), position_max.value};
}

risk_result check_order_value(const order_intent& order, std::int64_t multiplier,
                              money order_value_max) {
  auto value = order_value(order.limit, order.volume, multiplier);
  if (!value) return {verdict::order_value_exceeded, usage_overflow, order_value_max.value};
  return {*value > order_value_max ? verdict::order_value_exceeded : verdict::approved,
          value->value, order_value_max.value};
}

risk_result check_daily_loss(money day_pnl, money daily_loss_max) {
  int128 loss = 0;
  if (day_pnl.value < 0 && __builtin_sub_overflow(int128{0}, day_pnl.value, &loss))
    return {verdict::daily_loss_limit, usage_overflow, daily_loss_max.value};
  return {loss >= daily_loss_max.value ? verdict::daily_loss_limit : verdict::approved, loss,
          daily_loss_max.value};
}

risk_result check_order_count(std::uint64_t orders_sent, std::uint64_t orders_max) {
  return {orders_sent >= orders_max ? verdict::order_count_exceeded : verdict::approved,
          static_cast<int128>(orders_sent) * decimal_scale,
          static_cast<int128>(orders_max) * decimal_scale};
}

risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const risk_limits& limits) {
  if (!facts.traded) return {verdict::invalid_order};
  auto currency = check_currency(facts.account_currency, facts.traded->currency);
  if (currency.outcome != verdict::approved) return currency;
  auto validity = check_validity(order, *facts.traded);
  if (validity.outcome != verdict::approved) return validity;
  auto position = check_position(order, facts.exposure, limits.position_max);
  if (position.outcome != verdict::approved) return position;
  auto value = check_order_value(order, facts.traded->multiplier, limits.order_value_max);
  if (value.outcome != verdict::approved) return value;
  auto loss = check_daily_loss(facts.day_pnl, limits.daily_loss_max);
  if (loss.outcome != verdict::approved) return loss;
  auto count = check_order_count(facts.orders_sent, limits.orders_max);
  if (count.outcome != verdict::approved) return count;
  return position;
}

} // namespace tickmesh
