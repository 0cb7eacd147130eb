// When an order with the same words was last sent. Used by risk_ledger for the duplicate rule.
#pragma once

#include "actors/execution/execution_events.hpp"
#include "actors/execution/risk_limits.hpp"

#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace tickmesh {

/// Remembers the orders of the last `duplicate_window_longest`; orders_max bounds them, too.
class recent_orders {
public:
  /// Precondition: `t` never falls.
  void add(const order_request& request, timestamp t);

  /// Time since the last order of this strategy, symbol, side, type, price and volume; nothing when
  /// that is longer ago than duplicate_window_longest.
  std::optional<nanoseconds> since_same(const order_request& request, timestamp t) const;

private:
  struct words {
    symbol_id symbol{};
    strategy_id strategy{};
    side direction = side::none;
    order_type type = order_type::limit;
    price limit = no_price;
    quantity volume{};
    friend bool operator==(const words&, const words&) = default;
  };
  struct hash {
    std::size_t operator()(const words& w) const;
  };
  static words words_of(const order_request& request);

  std::unordered_map<words, timestamp, hash> last_;
  std::deque<std::pair<timestamp, words>> by_time_;
};

} // namespace tickmesh
