// Orders, fills and totals as the results show them. Made by trading_state; positions are
// position_row.
#pragma once

#include "actors/execution/orders/order_manager.hpp"
#include "actors/execution/orders/order_rates.hpp"
#include "actors/execution/reconciliation/broker_sessions.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// One signal that came to the risk check. A refused one has status Rejected and was never sent.
struct order_row {
  timestamp created{}; ///< event time of the signal's event
  timestamp updated{}; ///< event time of the last change
  symbol_id symbol{};
  side direction = side::none;
  price limit = no_price;
  quantity volume{};
  order_status status = order_status::pending_new;
  order_id id{};
  std::string signal; ///< format_signal_name
  strategy_id strategy{};
  sequence signal_sequence{}; ///< last tick that the signal used
  verdict outcome = verdict::approved;
  int128 usage = 0; ///< of the rule that refused; of the position rule when approved; in 1e-8
  int128 limit_of_rule = 0;
  std::string scope; ///< format_scope of the limit that refused; empty when none did
  quantity filled{};
  price average_price = no_price;  ///< of the fills, rounded towards zero; no_price without fills
  std::string history;             ///< `PendingNew>New>PartiallyFilled>Filled`
  std::uint64_t created_event = 0; ///< number in the event log
  std::uint64_t updated_event = 0;
  friend bool operator==(const order_row&, const order_row&) = default;
};

struct fill_row {
  timestamp time{}; ///< event time at which the fill was booked
  symbol_id symbol{};
  side direction = side::none;
  price at = no_price;
  quantity volume{};
  order_id order{};
  execution_id execution{};
  strategy_id strategy{};
  sequence signal_sequence{};
  std::string signal;
  std::uint64_t event = 0; ///< number in the event log
  std::string broker{};    ///< its name: who reported the fill, or took it back
  friend bool operator==(const fill_row&, const fill_row&) = default;
};

struct trading_totals {
  std::array<std::uint64_t, verdict_names.size()> by_verdict{};     ///< signals that were checked
  std::array<std::uint64_t, order_status_names.size()> by_status{}; ///< now; refused: Rejected
  std::array<std::uint64_t, order_status_names.size()> entered{};   ///< sent orders, ever
  std::uint64_t repeated_signals = 0; ///< dropped: a signal of this name or a newer one was there
  std::uint64_t unknown_signals = 0;  ///< dropped: no such symbol or strategy; has no row
  std::uint64_t fills = 0;
  order_anomalies anomalies{};
  money realised{}; ///< before fees
  money unrealised{};
  money day_pnl{};                ///< less fees
  std::size_t open_positions = 0; ///< (symbol, strategy) that are not flat
  money fees{};
  programme_counts programme{};         ///< highest of any trading day
  std::uint64_t frozen_mark_alarms = 0; ///< positions whose mark had become too old, ever
  std::uint64_t marks_frozen = 0;       ///< the same, symbols now
  trading_status trading{};
  std::vector<std::string> not_reconciled{}; ///< what keeps orders back, a sentence each
  std::vector<session_row> sessions{};       ///< of brokers outside, in the order of their ids

  std::uint64_t in_doubt() const {
    return by_status[static_cast<std::size_t>(order_status::in_doubt)];
  }
};

} // namespace tickmesh
