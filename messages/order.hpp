// Words of the order path: states, verdicts, venue reports. Names are FIX's where FIX has one.
#pragma once

#include "messages/signal.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

/// Client order id: a hash of the signal's name, so the same signal is always the same order.
using order_id = named_number<struct order_id_tag, std::uint64_t>;

/// A broker by its place in the configuration.
using broker_id = named_number<struct broker_id_tag, std::uint8_t>;

/// How long an order stays open (FIX 4.4 TimeInForce, tag 59).
enum class time_in_force : std::uint8_t {
  day, ///< until the trading day ends
  good_till_cancel,
  immediate_or_cancel, ///< what does not fill at once expires
  fill_or_kill,        ///< fills in full at once, or expires
};
inline constexpr std::array<std::string_view, 4> time_in_force_names{"DAY", "GTC", "IOC", "FOK"};
constexpr std::string_view to_string(time_in_force t) {
  return time_in_force_names[static_cast<std::size_t>(t)];
}

/// xxh3 of format_signal_name's text.
order_id make_order_id(std::string_view signal_name_text);

/// `O` and sixteen hexadecimal digits.
std::string format_order_id(order_id id);

/// FIX 4.4 OrdStatus (tag 39) by name, and InDoubt: sent, fate unknown.
enum class order_status : std::uint8_t {
  pending_new,
  accepted, ///< FIX `New`
  partially_filled,
  filled,
  pending_cancel,
  pending_replace,
  canceled,
  rejected,
  expired,
  in_doubt,
};
inline constexpr std::array<std::string_view, 10> order_status_names{
    "PendingNew",     "New",      "PartiallyFilled", "Filled",  "PendingCancel",
    "PendingReplace", "Canceled", "Rejected",        "Expired", "InDoubt"};
constexpr std::string_view to_string(order_status s) {
  return order_status_names[static_cast<std::size_t>(s)];
}

enum class order_type : std::uint8_t {
  limit,
  market, ///< has no price of its own; judged by the opposite best quote
};

/// What the operator lets pass.
enum class trading_mode : std::uint8_t {
  active,
  reducing, ///< only orders that bring a position nearer to flat
  halted,   ///< no order
};
inline constexpr std::array<std::string_view, 3> trading_mode_names{"ACTIVE", "REDUCING", "HALTED"};
constexpr std::string_view to_string(trading_mode m) {
  return trading_mode_names[static_cast<std::size_t>(m)];
}

/// Outcome of the pre-trade check, in the order in which the rules are applied; only `expired`,
/// which is about the signal, is decided before all others. Append-only.
enum class verdict : std::uint8_t {
  approved,
  currency_mismatch,       ///< the instrument's currency is not the account's
  invalid_order,           ///< no price, or off the price tick or the quantity step
  position_limit_exceeded, ///< |position + open orders + this order| in quantity
  order_value_exceeded,    ///< price x quantity x multiplier
  daily_loss_limit,        ///< realised + unrealised loss since the trading day began
  order_count_exceeded,    ///< orders opened on the trading day
  order_size_exceeded,     ///< quantity of the order
  price_collar_exceeded,   ///< worse than the last mark by more than a share of it
  order_rate_exceeded,     ///< orders in the last second, this one included
  order_day_exceeded,      ///< orders of the trading day, this one included
  cancel_rate_exceeded,    ///< cancels in the last second, and the one that this order may need
  cancel_day_exceeded,     ///< cancels of the trading day, and the one that this order may need
  duplicate_order,         ///< the same order was sent a moment ago
  self_trade,              ///< an own open order stands on the other side at this price
  gross_exposure_exceeded, ///< sum of |position with open orders| x mark x multiplier
  net_exposure_exceeded,   ///< the same with signs
  symbol_restricted,       ///< on the restricted list, or not on the allowed one
  outside_session,         ///< the instrument does not trade at this time
  trading_reducing,        ///< does not reduce a position, in state REDUCING
  trading_halted,          ///< state HALTED
  stale_market_data,       ///< the last mark is too old, or there is none
  expired,                 ///< the signal is too old
  not_reconciled,          ///< our books and a broker's differ, or have not been compared yet
  broker_rate_exceeded,    ///< orders, replaces and cancels that its broker got in the last second
  short_not_allowed,       ///< sells more than is held of what can't be sold short
  stale_mark,              ///< adds to a position whose mark is too old, in open session time
  adopted,                 ///< not judged: its broker had it, and the log did not
};
inline constexpr std::array<std::string_view, 28> verdict_names{"APPROVED",
                                                                "CURRENCY_MISMATCH",
                                                                "INVALID_ORDER",
                                                                "POSITION_LIMIT_EXCEEDED",
                                                                "ORDER_VALUE_EXCEEDED",
                                                                "DAILY_LOSS_LIMIT",
                                                                "ORDER_COUNT_EXCEEDED",
                                                                "ORDER_SIZE_EXCEEDED",
                                                                "PRICE_COLLAR_EXCEEDED",
                                                                "ORDER_RATE_EXCEEDED",
                                                                "ORDERS_PER_DAY_EXCEEDED",
                                                                "CANCEL_RATE_EXCEEDED",
                                                                "CANCELS_PER_DAY_EXCEEDED",
                                                                "DUPLICATE_ORDER",
                                                                "SELF_TRADE",
                                                                "GROSS_EXPOSURE_EXCEEDED",
                                                                "NET_EXPOSURE_EXCEEDED",
                                                                "SYMBOL_RESTRICTED",
                                                                "OUTSIDE_SESSION",
                                                                "TRADING_REDUCING",
                                                                "TRADING_HALTED",
                                                                "STALE_MARKET_DATA",
                                                                "EXPIRED",
                                                                "NOT_RECONCILED",
                                                                "BROKER_RATE_EXCEEDED",
                                                                "SHORT_NOT_ALLOWED",
                                                                "STALE_MARK",
                                                                "ADOPTED"};
constexpr bool is_refusal(verdict v) {
  return v != verdict::approved && v != verdict::adopted;
}
constexpr std::string_view to_string(verdict v) {
  return verdict_names[static_cast<std::size_t>(v)];
}

constexpr std::string_view to_string(side s) {
  return s == side::buy ? "BUY" : s == side::sell ? "SELL" : "NONE";
}

} // namespace tickmesh
