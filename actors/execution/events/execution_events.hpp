// What an execution slot takes in: the payloads of the numbered event log. Plain values, shared by
// every class of this folder.
#pragma once

#include "actors/execution/events/broker_news.hpp"
#include "actors/execution/events/operator_command.hpp"
#include "messages/order.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
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

/// The slot goes on from its journal. What was sent to a broker outside, or was about to be, is in
/// doubt.
struct slot_recovered {
  epoch writer{}; ///< of what follows
  std::vector<broker_id> external{};
  /// The machine may have lost the log's last records: brokers may have orders that it does not
  /// know, and signals may come again that it does not know to be repeats.
  bool may_lack_end = false;
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

/// Who has said it; nothing where no broker has.
std::optional<broker_id> broker_of(const sequenced_event& event);

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

} // namespace tickmesh
