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

/// Outcome of the pre-trade check, in the order in which the rules are applied.
enum class verdict : std::uint8_t {
  approved,
  currency_mismatch,       ///< the instrument's currency is not the account's
  invalid_order,           ///< no price, or off the price tick or the quantity step
  position_limit_exceeded, ///< |position + open orders + this order| in quantity
  order_value_exceeded,    ///< price x quantity x multiplier
  daily_loss_limit,        ///< realised + unrealised loss since the trading day began
  order_count_exceeded,    ///< orders sent since the start
};
inline constexpr std::array<std::string_view, 7> verdict_names{"APPROVED",
                                                               "CURRENCY_MISMATCH",
                                                               "INVALID_ORDER",
                                                               "POSITION_LIMIT_EXCEEDED",
                                                               "ORDER_VALUE_EXCEEDED",
                                                               "DAILY_LOSS_LIMIT",
                                                               "ORDER_COUNT_EXCEEDED"};
constexpr std::string_view to_string(verdict v) {
  return verdict_names[static_cast<std::size_t>(v)];
}

constexpr std::string_view to_string(side s) {
  return s == side::buy ? "BUY" : s == side::sell ? "SELL" : "NONE";
}

} // namespace tickmesh
