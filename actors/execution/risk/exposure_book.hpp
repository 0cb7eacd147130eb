// Marks, positions and open orders as the risk rules value them: exposures of the account, of each
// strategy and of each symbol, and the day's profit of strategies and symbols. Used by
// risk_facts_book.
#pragma once

#include "actors/execution/events/symbol_mark.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/orders/open_orders.hpp"
#include "actors/execution/positions/position_book.hpp"
#include "actors/execution/risk/limits/risk_rules.hpp"
#include "actors/execution/values/strategy_slots.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tickmesh {

/// The sums of the account are kept up to date by each event, O(1); those of strategies too, once
/// follow_strategies() was called, O(strategies in the symbol) a mark, and are else added up when
/// asked for. A symbol is valued at its symbol_mark, else at the limit of its first order.
class exposure_book {
public:
  exposure_book(std::vector<std::int64_t> multipliers, std::size_t strategies);

  /// A trading day above every earlier one begins before the mark's own prices count, as in
  /// position_book.
  void apply_mark(const market_mark& mark);
  /// The same without a mark.
  void turn_to_day(std::int32_t trading_day) {
    if (trading_day > trading_day_) begin_day(trading_day);
  }
  /// `fee` lowers the profit of the symbol and the strategy.
  void apply_fill(const position_fill& fill, money fee = {});
  void add_fee(symbol_id symbol, strategy_id strategy, money more);
  /// A broker holds so much more beyond our books, or less, and that is right: it counts as held by
  /// no_strategy, as position_book values it.
  void accept(symbol_id symbol, quantity change);
  /// Takes over what is open of the order's symbol and strategy.
  void update_open(const order_request& request, const open_orders& open);

  void follow_strategies(bool follow);

  /// Room for so many symbols and strategies. Precondition: not fewer than there are.
  void grow(std::size_t symbols, std::size_t strategies);
  /// From now on; profit up to now stays as it is.
  void change_multiplier(symbol_id symbol, std::int64_t multiplier);

  market_facts market(symbol_id symbol, timestamp now) const;
  price valued_at(symbol_id symbol) const { return symbols_[symbol.value].value_price(); }
  std::int32_t trading_day() const { return trading_day_; }

  symbol_exposure exposure(symbol_id symbol) const {
    return exposure_of(symbols_[symbol.value].all);
  }
  symbol_exposure exposure(symbol_id symbol, strategy_id strategy) const;

  const exposure_sums& account_sums() const { return account_; }
  exposure_sums symbol_sums(symbol_id symbol) const;
  exposure_sums strategy_sums(strategy_id strategy) const;

  money symbol_day_pnl(symbol_id symbol) const;
  money strategy_day_pnl(strategy_id strategy) const;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [symbols, strategies, account, trading_day, follows_strategies] = *this;
    archive(symbols, strategies, account, trading_day, follows_strategies);
  }

private:
  /// Of all strategies, or of one.
  struct holding {
    // What exposure() reads of each order's strategy stands together: it is seldom in the cache.
    std::int64_t held = 0;
    quantity open_buys{};
    quantity open_sells{};
    int128 cash = 0; ///< received for sells less paid for buys, in 1e-16
    money fees{};
    int128 banked = 0; ///< profit before fees, up to the last change of the multiplier
    // As they are contained in the sums:
    int128 longs = 0;
    int128 shorts = 0;
    int128 total = 0; ///< profit, rounded down; of a strategy only
    bool is_idle() const { return held == 0 && open_buys.value == 0 && open_sells.value == 0; }

    template <class Archive>
    void persist(Archive& archive) {
      archive(held, open_buys, open_sells, cash, fees, banked, longs, shorts, total);
    }
  };
  struct symbol_state {
    std::int64_t multiplier = 0;
    symbol_mark mark;
    price bid = no_price;
    price ask = no_price;
    price first_order = no_price;
    quantity unpriced{}; ///< of what was accepted: cost nothing so far, as no price is known
    timestamp marked{};
    bool has_mark = false;
    holding all;
    std::vector<holding> by_strategy; ///< by slot_of, as far as one had an order
    money day_start{};                ///< profit before the trading day

    price value_price() const {
      auto at = mark.value();
      return at != no_price ? at : first_order;
    }

    template <class Archive>
    void persist(Archive& archive) {
      archive(multiplier, mark, bid, ask, first_order, unpriced, marked, has_mark, all, by_strategy,
              day_start);
    }
  };
  struct strategy_state {
    exposure_sums sums;
    int128 total = 0;
    int128 day_start = 0;

    template <class Archive>
    void persist(Archive& archive) {
      archive(sums, total, day_start);
    }
  };

  static symbol_exposure exposure_of(const holding& h) {
    return {quantity{h.held}, h.open_buys, h.open_sells};
  }
  holding& holding_of(symbol_state& s, strategy_id strategy);
  static void price_accepted(symbol_state& s);
  static void revalue(const symbol_state& s, holding& h, exposure_sums& sums);
  static int128 profit(const symbol_state& s, const holding& h);
  void revalue(symbol_state& s);
  void revalue(const symbol_state& s, std::size_t slot, holding& h);
  strategy_state add_up(std::size_t slot) const;
  void begin_day(std::int32_t trading_day);

  std::vector<symbol_state> symbols_;
  std::vector<strategy_state> strategies_; ///< by slot_of
  exposure_sums account_;
  std::int32_t trading_day_ = 0;
  bool follows_strategies_ = false;
};

} // namespace tickmesh
