// What venues and brokers say: reports on orders, news of their sessions, what they hold. Plain
// values, part of the event log.
#pragma once

#include "actors/execution/values/boxed.hpp"
#include "messages/order.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Of an instrument that is none of ours.
inline constexpr symbol_id no_symbol{std::numeric_limits<symbol_id::rep>::max()};

/// Names one report of a venue in this process for ever. Others name theirs in words of their own:
/// broker_words::execution.
struct execution_id {
  order_id order{};
  std::uint32_t counter = 0; ///< within the order, first is 1
  friend auto operator<=>(const execution_id&, const execution_id&) = default;
};

/// The order id, `-` and the counter: `O00000000000000ff-2`.
std::string format_execution_id(execution_id id);

enum class report_kind : std::uint8_t {
  accepted,
  rejected,
  fill,
  canceled,
  cancel_rejected, ///< of a cancel or a replace request, as in FIX
  expired,
  status, ///< the answer to a query; changes nothing at the venue
  replaced,
  bust,       ///< the execution `original` has not happened (FIX trade cancel)
  correction, ///< it has happened at this price and volume (FIX trade correct)
  commission, ///< what it has cost
};
inline constexpr std::array<std::string_view, 11> report_kind_names{
    "accepted", "rejected", "fill", "canceled",   "cancel_rejected", "expired",
    "status",   "replaced", "bust", "correction", "commission"};
constexpr std::string_view to_string(report_kind k) {
  return report_kind_names[static_cast<std::size_t>(k)];
}

/// What concerns one execution, and so must name it.
constexpr bool tells_execution(report_kind k) {
  return k == report_kind::fill || k == report_kind::bust || k == report_kind::correction ||
         k == report_kind::commission;
}

/// Why a broker has not done what it was asked, where that says more than its text.
enum class refusal_cause : std::uint8_t {
  none,             ///< a reason of the order's own, or nothing was refused
  not_taken,        ///< of an order: it has definitely not been taken, so another broker may
  unknown_now,      ///< it knows no such order; one that is on its way may still arrive
  unknown_for_good, ///< the same, and whatever was sent before has arrived: it never will
  throttled,        ///< too many requests for now; this one has not been taken
  unsupported,      ///< it does no such thing
};
inline constexpr std::array<std::string_view, 6> refusal_cause_names{
    "NONE", "NOT_TAKEN", "UNKNOWN_NOW", "UNKNOWN_FOR_GOOD", "THROTTLED", "UNSUPPORTED"};
/// Of an order: it is certain that the broker does not have it.
constexpr bool is_not_taken(refusal_cause c) {
  return c == refusal_cause::not_taken || c == refusal_cause::throttled;
}
constexpr bool is_unknown(refusal_cause c) {
  return c == refusal_cause::unknown_now || c == refusal_cause::unknown_for_good;
}

/// Price and volume of an order: the volume in all, what is filled included.
struct order_form {
  price limit = no_price;
  quantity volume{};
  friend bool operator==(const order_form&, const order_form&) = default;
};

/// What a broker outside says by its own ids. Venues in this process have no use for it.
struct broker_words {
  std::string order{};          ///< id of the order: FIX OrderID, CTP OrderSysID, IB permId
  std::string execution{};      ///< id of this execution: FIX ExecID, CTP TradeID, IB execId
  std::string original{};       ///< the execution that a bust, correction or commission is of
  std::string code{};           ///< of a refusal, in the broker's own coding
  money commission{};           ///< of the whole execution; the account's currency
  symbol_id symbol = no_symbol; ///< of the order, where the broker says it
  side direction = side::none;  ///< the same
  friend bool operator==(const broker_words&, const broker_words&) = default;
};

/// What the venue says about an order (FIX ExecutionReport and OrderCancelReject).
struct execution_report {
  execution_id id{};
  order_id order{}; ///< 0 where the broker names it by `reference` or by its own id alone
  broker_id broker{};
  report_kind kind = report_kind::status;
  order_status status = order_status::pending_new; ///< at the venue, after this report
  price last_price = no_price;                     ///< of a fill
  quantity last_quantity{};                        ///< of a fill
  quantity cumulative{};                           ///< filled so far, this report included
  timestamp time{};                                ///< when it happened at the venue (FIX tag 60)
  /// Of an answer to a replace request: its revision; 0 where it answers a cancel, or does not say.
  std::uint32_t revision = 0;
  refusal_cause refusal = refusal_cause::none;
  order_form form{}; ///< in which the broker has the order; of volume 0 where it does not say
  boxed<std::string> text{};   ///< why, where something was refused
  std::uint32_t reference = 0; ///< that of the order_request; 0: not said
  bool is_told_again = false;  ///< on request: that it was told before is no anomaly
  boxed<broker_words> words{};

  /// By our own id or number; else the broker's id of it is all there is.
  bool names_order() const { return order != order_id{} || reference != 0; }

  friend bool operator==(const execution_report&, const execution_report&) = default;
};

/// What a broker says of itself, its session first: connecting, logged in, settled, up; down at any
/// time. A broker with fewer steps leaves them out.
enum class broker_news : std::uint8_t {
  session_up,
  session_down,
  probe_answered, ///< it works, though it may have failed before
  connecting,     ///< the session is being brought up: by now there is a connection
  logged_in,
  settled, ///< what the broker wants confirmed before trading is confirmed; session_up is next
  executions_told, ///< all executions since the moment that was asked for have been reported
};
inline constexpr std::array<std::string_view, 7> broker_news_names{
    "SESSION_UP", "SESSION_DOWN", "PROBE_ANSWERED", "CONNECTING",
    "LOGGED_IN",  "SETTLED",      "EXECUTIONS_TOLD"};
struct broker_event {
  broker_id broker{};
  broker_news news = broker_news::session_up;
  std::string text{};
  std::int32_t trading_day = 0;     ///< yyyymmdd, the broker's; 0: not said
  std::uint32_t reference_next = 0; ///< no order may be sent under a lower one; 0: not said
  friend bool operator==(const broker_event&, const broker_event&) = default;
};

/// An account as its broker sees it; absent: it does not say.
struct account_funds {
  std::string account{}; ///< as the broker names it
  std::optional<money> cash{};
  std::optional<money> available{}; ///< for new orders
  std::optional<money> margin{};    ///< in use
  friend bool operator==(const account_funds&, const account_funds&) = default;
};

/// What a broker says it holds: the answer to a snapshot_request.
struct broker_snapshot {
  struct open_order {
    /// 0 of one that is not ours, or that the broker names by `reference` alone.
    order_id order{};
    quantity cumulative{};        ///< filled so far
    symbol_id symbol = no_symbol; ///< that, side and form: where the broker says them
    side direction = side::none;
    order_form form{};
    std::uint32_t reference = 0;
    std::string broker_order{}; ///< as in broker_words
    friend bool operator==(const open_order&, const open_order&) = default;
  };
  /// Long and short, of today and of earlier days, where the broker keeps them apart; magnitudes.
  struct sides {
    quantity long_today{}, long_earlier{}, short_today{}, short_earlier{};
    friend bool operator==(const sides&, const sides&) = default;
  };
  struct net_position {
    symbol_id symbol{};       ///< no_symbol of an instrument that nobody here knows
    quantity held{};          ///< below 0 when short
    std::string instrument{}; ///< its name, where there is no symbol
    std::optional<sides> apart{};
    friend bool operator==(const net_position&, const net_position&) = default;
  };
  broker_id broker{};
  std::vector<open_order> orders{};
  std::vector<net_position> positions{}; ///< those that are not flat, by symbol id
  boxed<account_funds> funds{};
  friend bool operator==(const broker_snapshot&, const broker_snapshot&) = default;
};

} // namespace tickmesh
