// Positions and profit: per (symbol, strategy), per symbol and for the account, from fills and
// marks. Used by trading_state.
#pragma once

#include "actors/execution/execution_events.hpp"

#include <utility>
#include <vector>

namespace tickmesh {

/// A position of one strategy in one symbol as the results show it.
struct position_row {
  symbol_id symbol{};
  strategy_id strategy{};
  quantity held{};               ///< below 0 when short
  price average_cost = no_price; ///< rounded towards zero, for display; no_price when flat
  money realised{};              ///< rounded down
  money unrealised{};            ///< total, rounded down, less realised
  price mark = no_price;         ///< the symbol's last price, else its last fill's
  timestamp updated{};           ///< last fill, or the mark that last set the price
  friend bool operator==(const position_row&, const position_row&) = default;
};

/// A fill as the position sees it.
struct position_fill {
  symbol_id symbol{};
  strategy_id strategy{};
  side direction = side::none;
  price at = no_price;
  quantity volume{};
  timestamp time{};
};

/// Average cost accounting per (symbol, strategy); a symbol and the account are the sums of their
/// strategies. Sums of price x quantity are kept exact in 1e-16 (128 bits), before the multiplier;
/// a symbol's profit is rounded down to 1e-8 only when it is turned into money, always from the
/// exact sums, so rounding never accumulates. Overflow of a sum is a broken invariant (assertion):
/// the risk rules bound every position. No fees yet.
class position_book {
public:
  /// `multipliers` by symbol id, in 1e-8; a symbol without an instrument has 0 and gets no fills.
  explicit position_book(std::vector<std::int64_t> multipliers);

  /// O(1). A trading day above every earlier one makes the account's profit before this mark the
  /// base of day_pnl(), so the step from the previous day's last price counts in the new day.
  void apply_mark(const market_mark& mark);
  void apply_fill(const position_fill& fill);

  quantity net_position(symbol_id symbol) const; ///< over all strategies
  money total_pnl() const { return total_; }     ///< realised and unrealised, all symbols
  money realised_pnl() const { return realised_; }
  money unrealised_pnl() const { return total_ - realised_; }
  money day_pnl() const { return total_ - day_start_; } ///< since the trading day began
  std::int32_t trading_day() const { return trading_day_; }

  /// Every (symbol, strategy) that was ever filled, in that order.
  std::vector<position_row> rows() const;
  std::size_t open_positions() const; ///< (symbol, strategy) that are not flat

private:
  /// In 1e-16. Realised is cash + cost, total is cash + held x mark.
  struct holding {
    std::int64_t held = 0;
    int128 cash = 0; ///< received for sells less paid for buys
    int128 cost = 0; ///< what the open position was bought for; below 0 when short
  };
  struct position {
    holding sums;
    timestamp filled{}; ///< when last
    bool was_filled = false;
  };
  struct symbol_state {
    std::int64_t multiplier = 0;
    holding sums; ///< of all strategies
    price last = no_price;
    price last_fill = no_price;
    timestamp marked{};
    money total{};
    money realised{};
    std::vector<position> positions; ///< by strategy, as far as one was filled
    price mark() const { return last != no_price ? last : last_fill; }
  };

  symbol_state& state_of(symbol_id symbol);
  void revalue(symbol_state& s);
  void revalue_total(symbol_state& s); ///< after a move of the price, which realises nothing
  static void apply(holding& h, const position_fill& fill);
  static int128 total_of(const holding& h, price mark);

  std::vector<symbol_state> symbols_;
  money total_{};
  money realised_{};
  money day_start_{};
  std::int32_t trading_day_ = 0;
};

} // namespace tickmesh
