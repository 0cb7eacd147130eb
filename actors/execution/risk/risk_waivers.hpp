// Which rules hold back an order that can only reduce risk, and which let it pass though they have
// failed: the one place that says so. Used by check_order; why: docs/decisions/0027.
#pragma once

#include "messages/order.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace tickmesh {

/// By whom a rule that has failed is passed all the same.
struct risk_waiver {
  verdict rule = verdict::approved;
  bool closing = false;    ///< a strategy's order that is_closing() in the scope of the limit
  bool flattening = false; ///< an operator's, see order_intent::flattens
  bool shrinking = false;  ///< an open order's new form, see order_intent::shrinks
  std::string_view why{};  ///< of `closing`, where it does not go without saying
};

/// By verdict, one for each. A rule that keeps risk from growing lets all three pass: what is held
/// and what is lost is there already, and who may not close can only lose more. A rule on what an
/// order must be like, or on who may trade when, holds for all; what is open already meets it in a
/// smaller form, too, as far as the exchange and the broker would take that.
inline constexpr std::array<risk_waiver, verdict_names.size()> risk_waivers{{
    {verdict::approved},
    {verdict::currency_mismatch},
    {verdict::invalid_order},
    {verdict::position_limit_exceeded, true, true, true},
    {verdict::order_value_exceeded, false, true, true,
     "against slips of one order; smaller ones close as much"},
    {verdict::daily_loss_limit, true, true, true},
    {verdict::order_count_exceeded, true, true, true},
    {verdict::order_size_exceeded, false, false, true, "the same; flattening is cut to size"},
    {verdict::price_collar_exceeded, false, false, true, "a price that is wrong gives money away"},
    {verdict::order_rate_exceeded, false, false, false, "passes a second later"},
    {verdict::order_day_exceeded, true, true, true},
    {verdict::cancel_rate_exceeded, false, false, false, "passes a second later"},
    {verdict::cancel_day_exceeded, true, true, true},
    {verdict::duplicate_order, false, true, true, "passes when the window is over"},
    {verdict::self_trade, false, false, true, "forbidden by exchanges, whatever it is for"},
    {verdict::gross_exposure_exceeded, true, true, true},
    {verdict::net_exposure_exceeded, true, true, true,
     "one leg of two adds to the net sum while it is closed, and takes from all that is held"},
    {verdict::symbol_restricted, false, false, true,
     "no limit, but somebody's word; a position_max of 0 lets what is held be closed"},
    {verdict::outside_session},
    {verdict::trading_reducing, false, false, true, "lets pass what closes by itself"},
    {verdict::trading_halted, false, false, false, "somebody's word, which is for all orders"},
    {verdict::stale_market_data, false, false, true,
     "an old price is no measure of the order's; frozen_mark_max lets pass what closes"},
    {verdict::expired, false, false, false, "what was to be closed then may be another position"},
    {verdict::not_reconciled, false, false, true, "what it closes is what is not certain"},
    {verdict::broker_rate_exceeded, false, false, false, "a broker cuts off who sends more"},
    {verdict::short_not_allowed, false, false, true, "never refuses what closes"},
    {verdict::stale_mark, true, true, true},
    {verdict::adopted},
}};
static_assert([] {
  for (std::size_t i = 0; i < risk_waivers.size(); ++i)
    if (static_cast<std::size_t>(risk_waivers[i].rule) != i) return false;
  return true;
}());

constexpr const risk_waiver& waiver_of(verdict rule) {
  return risk_waivers[static_cast<std::size_t>(rule)];
}

} // namespace tickmesh
