// The pre-trade rules, one pure function each, and their evaluation in the order of `verdict`.
// Used by trading_state. All in integers; an overflow refuses, it never wraps.
#pragma once

#include "actors/execution/execution_settings.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"

#include <string_view>

namespace tickmesh {

/// Outcome of a rule: `usage` against `limit`, in 1e-8 of a quantity or of money as the rule has
/// it; both 0 for rules without a limit. A usage that overflows is usage_overflow.
struct risk_result {
  verdict outcome = verdict::approved;
  int128 usage = 0;
  int128 limit = 0;
  friend bool operator==(const risk_result&, const risk_result&) = default;
};
inline constexpr int128 usage_overflow = static_cast<int128>(~uint128{0} >> 1U);

/// What is to be checked.
struct order_intent {
  side direction = side::none;
  price limit = no_price;
  quantity volume{};
};

/// Of one symbol, over all strategies. Open quantity is what approved orders have neither filled
/// nor ended; orders in doubt count in full.
struct symbol_exposure {
  quantity position{};
  quantity open_buys{};
  quantity open_sells{};
};

/// CURRENCY_MISMATCH unless both are equal.
risk_result check_currency(std::string_view account, std::string_view instrument_currency);

/// INVALID_ORDER unless there are a side, a price above 0 on the price tick and a volume above 0
/// on the quantity step. A mid price between two ticks is refused here.
risk_result check_validity(const order_intent& order, const instrument& traded);

/// POSITION_LIMIT_EXCEEDED when the side that the order adds to could exceed `position_max`:
/// position + open buys + volume of a buy, open sells + volume - position of a sell. An order that
/// reduces the position is judged by the same sum, so it passes as long as it can't overshoot.
/// Usage is that sum, or 0 where it is negative.
risk_result check_position(const order_intent& order, const symbol_exposure& exposure,
                           quantity position_max);

/// ORDER_VALUE_EXCEEDED when price x volume x multiplier is above `order_value_max`.
/// Precondition: check_validity passed.
risk_result check_order_value(const order_intent& order, std::int64_t multiplier,
                              money order_value_max);

/// DAILY_LOSS_LIMIT when the loss since the trading day began has reached `daily_loss_max`. Refuses
/// orders that reduce a position too: from here on a person decides.
risk_result check_daily_loss(money day_pnl, money daily_loss_max);

/// ORDER_COUNT_EXCEEDED when `orders_max` orders have been sent. Usage and limit are in 1e-8 of an
/// order, like all quantities.
risk_result check_order_count(std::uint64_t orders_sent, std::uint64_t orders_max);

/// What the rules look at besides the order itself.
struct risk_facts {
  std::string_view account_currency;
  const instrument* traded = nullptr; ///< null: unknown, INVALID_ORDER
  symbol_exposure exposure{};
  money day_pnl{}; ///< of the account, realised and unrealised
  std::uint64_t orders_sent = 0;
};

/// All rules in the order of `verdict`; the first failure is the result. An approved order carries
/// usage and limit of the position rule.
risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const risk_limits& limits);

} // namespace tickmesh
