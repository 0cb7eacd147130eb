// What an execution slot takes in and what it asks for: the payloads of the numbered event log and
// the commands that lead to the venue. Plain values, shared by every class of this folder.
#pragma once

#include "actors/execution/operator_command.hpp"
#include "messages/order.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tickmesh {

/// What execution keeps of an accepted tick: the last price and the best quotes.
struct market_mark {
  symbol_id symbol{};
  std::int32_t trading_day = 0; ///< yyyymmdd
  epoch data_epoch = first_data_epoch;
  sequence number{};
  timestamp effective_time{};
  price last = no_price;
  price bid = no_price;
  quantity bid_volume{};
  price ask = no_price;
  quantity ask_volume{};
  bool has_book = true; ///< false for a trade: it leaves the book as it was

  friend bool operator==(const market_mark&, const market_mark&) = default;
};

/// The part of `t` that execution needs; `t` has been numbered by its symbol stream.
market_mark make_market_mark(const tick& t, epoch data_epoch);

/// Names one venue report for ever: FIX ExecID (tag 17).
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
};

/// What the venue says about an order (FIX ExecutionReport and OrderCancelReject).
struct execution_report {
  execution_id id{};
  order_id order{};
  broker_id broker{};
  report_kind kind = report_kind::status;
  order_status status = order_status::pending_new; ///< at the venue, after this report
  price last_price = no_price;                     ///< of a fill
  quantity last_quantity{};                        ///< of a fill
  quantity cumulative{};                           ///< filled so far, this report included
  timestamp time{};                                ///< when it happened at the venue (FIX tag 60)
  /// Of an answer to a replace request: its revision; 0 where it answers a cancel, or does not say.
  std::uint32_t revision = 0;
  bool is_not_taken = false; ///< of a rejected order: the broker never had it, so another may
  std::string text{};        ///< why, where something was refused

  friend bool operator==(const execution_report&, const execution_report&) = default;
};

/// What a broker says of itself.
enum class broker_news : std::uint8_t {
  session_up,
  session_down,
  probe_answered, ///< it works, though it may have failed before
};
inline constexpr std::array<std::string_view, 3> broker_news_names{"SESSION_UP", "SESSION_DOWN",
                                                                   "PROBE_ANSWERED"};
struct broker_event {
  broker_id broker{};
  broker_news news = broker_news::session_up;
  std::string text{};
  friend bool operator==(const broker_event&, const broker_event&) = default;
};

/// What a broker says it holds: the answer to a snapshot_request.
struct broker_snapshot {
  struct open_order {
    order_id order{};
    quantity cumulative{}; ///< filled so far
    friend bool operator==(const open_order&, const open_order&) = default;
  };
  struct net_position {
    symbol_id symbol{};
    quantity held{}; ///< below 0 when short
    friend bool operator==(const net_position&, const net_position&) = default;
  };
  broker_id broker{};
  std::vector<open_order> orders{};
  std::vector<net_position> positions{}; ///< those that are not flat, by symbol id
  friend bool operator==(const broker_snapshot&, const broker_snapshot&) = default;
};

/// The slot goes on from its journal. What was sent to a broker outside, or was about to be, is in
/// doubt.
struct slot_recovered {
  epoch writer{}; ///< of what follows
  std::vector<broker_id> external{};
  friend bool operator==(const slot_recovered&, const slot_recovered&) = default;
};

struct slot_configuration;

/// From here on these settings hold, and this build decides; see slot_configuration. Not null.
struct slot_configured {
  std::shared_ptr<const slot_configuration> configuration;
  friend bool operator==(const slot_configured& a, const slot_configured& b); ///< of what is held
};

/// The wall clock has reached the event's time: so that time goes on, and time-outs are noticed,
/// while no input comes. By arrival only.
struct clock_mark {
  friend bool operator==(const clock_mark&, const clock_mark&) = default;
};

/// Why a timer was armed for an order.
enum class timer_purpose : std::uint8_t {
  order_answer,   ///< the order should have been acknowledged or refused by now
  cancel_answer,  ///< the cancel request should have been answered by now
  query_answer,   ///< the status query should have been answered by now
  order_lifetime, ///< the order has been open for long enough
  broker_probe,   ///< a broker that is passed over is to be tried
  reconciliation, ///< what the brokers hold is to be compared
  halt_work,      ///< what a halt was to cancel or to flatten may not be done yet
  replace_answer, ///< the replace request should have been answered by now
};
inline constexpr std::size_t timer_purpose_count = 8;
/// True for timers of no order, which are armed anew each time; `attempt` is how often the slot had
/// recovered then.
constexpr bool is_recurring(timer_purpose p) {
  return p == timer_purpose::broker_probe || p == timer_purpose::reconciliation ||
         p == timer_purpose::halt_work;
}

struct timer_due {
  timestamp due{};
  order_id order{};
  timer_purpose purpose = timer_purpose::order_answer;
  std::uint32_t attempt = 0; ///< which cancel or query; an older one's timer is ignored
  friend bool operator==(const timer_due&, const timer_due&) = default;
};

/// An entry of the event log. At one time: report, mark, signal, timer.
struct sequenced_event {
  std::uint64_t number = 0; ///< first is 1, without gaps
  timestamp time{};         ///< never below the predecessor's
  std::variant<market_mark, signal, execution_report, timer_due, broker_event, broker_snapshot,
               slot_recovered, operator_command, clock_mark, slot_configured>
      what;
  friend bool operator==(const sequenced_event&, const sequenced_event&) = default;
};

/// What comes from no link, no venue and no timer.
using posted_event = std::variant<slot_recovered, operator_command, clock_mark, slot_configured>;
inline bool is_posted(const sequenced_event& e) {
  return std::holds_alternative<slot_recovered>(e.what) ||
         std::holds_alternative<operator_command>(e.what) ||
         std::holds_alternative<clock_mark>(e.what) ||
         std::holds_alternative<slot_configured>(e.what);
}

/// False for market marks: trading_state::apply never answers them with a command, so any run of
/// them may be handed over at once. Signals, reports and timers may yield commands.
inline bool may_yield_commands(const sequenced_event& e) {
  return !std::holds_alternative<market_mark>(e.what);
}

/// Consecutive events of the log: marks, and between them the others.
struct event_batch {
  struct placed_event {
    std::size_t marks_before = 0; ///< of this batch
    sequenced_event event;
  };
  std::uint64_t first_number = 0; ///< of the first event; a mark's follows from its place
  std::vector<market_mark> marks;
  std::vector<placed_event> others;

  std::size_t size() const { return marks.size() + others.size(); }
  void clear() {
    marks.clear();
    others.clear();
  }
};

/// An approved order, for one broker.
struct order_request {
  order_id id{};
  symbol_id symbol{};
  strategy_id strategy{};
  side direction = side::none;
  price limit = no_price; ///< of a market order none
  quantity volume{};
  time_in_force lifetime = time_in_force::good_till_cancel;
  broker_id broker{};
  order_type type = order_type::limit;
  friend bool operator==(const order_request&, const order_request&) = default;
};

/// Gives an open order another limit price and another volume, in all (FIX
/// OrderCancelReplaceRequest).
struct replace_request {
  order_id order{};
  broker_id broker{};
  std::uint32_t revision = 0; ///< of the order, first is 1
  price limit = no_price;
  quantity volume{};
  friend bool operator==(const replace_request&, const replace_request&) = default;
};

struct cancel_request {
  order_id order{};
  broker_id broker{};
  friend bool operator==(const cancel_request&, const cancel_request&) = default;
};

/// Asks what became of an order; never creates one.
struct status_query {
  order_id order{};
  broker_id broker{};
  friend bool operator==(const status_query&, const status_query&) = default;
};

/// Asks a broker that is passed over whether it works.
struct broker_probe {
  broker_id broker{};
  friend bool operator==(const broker_probe&, const broker_probe&) = default;
};

/// Asks a broker what it holds.
struct snapshot_request {
  broker_id broker{};
  friend bool operator==(const snapshot_request&, const snapshot_request&) = default;
};

/// Asks for `timer` as an event at its due time.
struct timer_request {
  timer_due timer{};
  friend bool operator==(const timer_request&, const timer_request&) = default;
};

using venue_command = std::variant<order_request, cancel_request, status_query, timer_request,
                                   replace_request, broker_probe, snapshot_request>;

} // namespace tickmesh
