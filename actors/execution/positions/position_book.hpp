// Positions and profit: per (account, strategy, symbol), per strategy and per account, from fills
// and marks. Used by trading_state.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/symbol_mark.hpp"
#include "actors/execution/positions/lot_queue.hpp"
#include "actors/execution/values/position_terms.hpp"
#include "actors/execution/values/strategy_slots.hpp"

#include <optional>
#include <vector>

namespace tickmesh {

/// A position of one strategy in one symbol as the results show it. Profit is before fees.
struct position_row {
  symbol_id symbol{};
  strategy_id strategy{};
  quantity held{};               ///< below 0 when short
  price average_cost = no_price; ///< rounded towards zero, for display; no_price when flat
  money realised{};              ///< by average cost, rounded down
  money unrealised{};            ///< total, rounded down, less realised
  price mark = no_price;         ///< symbol_mark::value; a fill is the account's
  timestamp updated{};           ///< last fill, or the mark that last set the price
  account_id account{};
  bool days_apart = false;    ///< false: the model is net, and `today` is 0
  quantity today{};           ///< magnitude of what the current trading day opened
  price fifo_cost = no_price; ///< of the lots that are open; as average_cost
  money realised_fifo{};      ///< by those lots, rounded down
  money fees{};               ///< paid so far

  quantity yesterday() const { return (held.value < 0 ? -held : held) - today; } ///< magnitude
  money unrealised_fifo() const { return realised + unrealised - realised_fifo; }
  money net_realised() const { return realised - fees; }
  friend bool operator==(const position_row&, const position_row&) = default;
};

/// Sums of position_row.
struct profit_totals {
  money realised{}; ///< by average cost, before fees
  money unrealised{};
  money realised_fifo{};
  money fees{};

  money unrealised_fifo() const { return realised + unrealised - realised_fifo; }
  money net_realised() const { return realised - fees; }
  money total() const { return realised + unrealised - fees; }
  friend bool operator==(const profit_totals&, const profit_totals&) = default;
};

/// A fill as the position sees it.
struct position_fill {
  symbol_id symbol{};
  strategy_id strategy{};
  side direction = side::none;
  price at = no_price;
  quantity volume{};
  timestamp time{};
  account_id account{};
};

/// Cost by average and by lots, per (account, strategy, symbol); a symbol and the account are the
/// sums of their strategies. Sums of price x quantity are kept exact in 1e-16 (128 bits), before
/// the multiplier; a profit is rounded down to 1e-8 only when it is turned into money, always from
/// the exact sums, so rounding never accumulates. Fees are kept apart. What a fill closes first,
/// and when today's positions become yesterday's: docs/decisions/0016. Overflow of a sum is a
/// broken invariant (assertion): the risk rules bound every position.
///
/// Memory: a position has a lot for each of its open fills of different prices, at most position
/// limit / quantity step.
class position_book {
public:
  /// `terms` by symbol id. Precondition: at least one account.
  explicit position_book(std::vector<position_terms> terms, std::uint16_t accounts = 1);

  /// O(accounts). A trading day above every earlier one makes each account's profit before this
  /// mark the base of day_pnl(), so the step from the previous day's last price counts in the new
  /// day, and today's positions yesterday's.
  void apply_mark(const market_mark& mark);
  /// The same of the day, without a mark.
  void turn_to_day(std::int32_t trading_day) {
    if (trading_day > trading_day_) begin_day(trading_day);
  }

  /// O(1), and the lots that it closes. Precondition: a known symbol and account, a side, a price
  /// and a volume above 0.
  /// The fee is `fee` where it is given, below 0 when it is paid back, else that of the terms.
  void apply_fill(const position_fill& fill, std::optional<money> fee = std::nullopt);
  /// What an execution has cost beyond what was booked with it; below 0: less. Precondition: the
  /// position was filled.
  void add_fee(symbol_id symbol, strategy_id strategy, money more, account_id account = {});

  /// A broker holds so much more beyond our books, or less, and that is right: a position of
  /// no_strategy, of an earlier day, bought or sold for what the symbol is worth now, without a
  /// fee; where no price is known, for the first that is. Precondition: a known symbol and account;
  /// that sums hold it.
  void accept(symbol_id symbol, quantity change, timestamp time, account_id account = {});

  /// Other terms of a symbol from now on, which may be a new one: the next id, and all up to it.
  /// Fees are those of later fills. What a change of the multiplier finds earned stays as it is,
  /// realised and unrealised: the cost of what is open is restated so that it is (that of lots to
  /// 1e-8). Precondition: multipliers of symbols that were filled are above 0.
  void change_terms(symbol_id symbol, const position_terms& terms);

  /// How an order would split by what is held now. Other open orders are not looked at.
  /// Precondition: as split_order, and a known symbol and account.
  order_split split(symbol_id symbol, strategy_id strategy, side direction, quantity volume,
                    account_id account = {}) const;

  quantity net_position(symbol_id symbol, account_id account = {}) const; ///< all strategies

  // Of all symbols of an account, by average cost, O(1). Each symbol is rounded down as a whole, so
  // a result may be above the sum of its rows by less than 1e-8 a row.
  /// Realised and unrealised, less fees.
  money total_pnl(account_id account = {}) const { return sums_of(account).total; }
  money realised_pnl(account_id account = {}) const { return sums_of(account).realised; }
  money unrealised_pnl(account_id account = {}) const;
  money fees(account_id account = {}) const { return sums_of(account).fees; }
  /// total_pnl() since the trading day began.
  money day_pnl(account_id account = {}) const;

  std::size_t symbols() const { return terms_.size(); }
  std::int32_t trading_day() const { return trading_day_; }

  /// Every (symbol, account, strategy) that was ever filled or accepted, in that order; no_strategy
  /// comes first.
  std::vector<position_row> rows() const;
  /// One of them. Precondition: it was filled.
  position_row row(symbol_id symbol, strategy_id strategy, account_id account = {}) const {
    return row_of(index_of(symbol, account), slot_of(strategy));
  }
  std::size_t open_positions() const; ///< those that are not flat

  /// Sums of rows, so an account is exactly the sum of its strategies.
  profit_totals account_totals(account_id account) const;
  profit_totals strategy_totals(account_id account, strategy_id strategy) const;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    auto& [terms, account_count, accounts, states, trading_day] = *this;
    archive(terms, account_count, accounts, states, trading_day);
  }

private:
  /// In 1e-16. Realised is cash + cost, total is cash + held x mark.
  struct holding {
    std::int64_t held = 0;
    int128 cash = 0; ///< received for sells less paid for buys
    int128 cost = 0; ///< what the open position was bought for; below 0 when short

    template <class Archive>
    void persist(Archive& archive) {
      archive(held, cash, cost);
    }
  };
  struct position {
    holding sums;
    int128 lots_cost = 0; ///< as holding::cost, by lots
    lot_queue earlier;    ///< lots of earlier trading days; of all days where the model is net
    lot_queue today;      ///< lots of the trading day `opened_on`
    money banked{};       ///< realised by earlier multipliers
    std::int32_t opened_on = 0;
    money fees{};
    timestamp filled{}; ///< when last
    bool was_filled = false;

    template <class Archive>
    void persist(Archive& archive) {
      archive(sums, lots_cost, earlier, today, banked, opened_on, fees, filled, was_filled);
    }
  };
  /// A symbol in one account.
  struct symbol_state {
    std::int64_t multiplier = 0;
    holding sums; ///< of all strategies
    symbol_mark mark;
    timestamp marked{};
    money total{}; ///< before fees
    money realised{};
    money banked{};                  ///< as position::banked, of all strategies
    std::vector<position> positions; ///< by slot_of, as far as one was filled
    quantity unpriced{};             ///< of what was accepted: in no sum yet, as no price is known

    quantity unpriced_in(std::size_t slot) const {
      return slot == slot_of(no_strategy) ? unpriced : quantity{};
    }

    template <class Archive>
    void persist(Archive& archive) {
      archive(multiplier, sums, mark, marked, total, realised, banked, positions, unpriced);
    }
  };
  struct account_sums {
    money total{}; ///< less fees
    money realised{};
    money fees{};
    money day_start{}; ///< total when the trading day began

    template <class Archive>
    void persist(Archive& archive) {
      archive(total, realised, fees, day_start);
    }
  };

  std::size_t index_of(symbol_id symbol, account_id account) const;
  const account_sums& sums_of(account_id account) const;
  void begin_day(std::int32_t trading_day);
  void apply_price(const market_mark& mark, symbol_state& s, account_sums& account);
  /// Apart from apply_mark, which stays small for the usual single account.
  [[gnu::noinline]] void apply_to_all_accounts(const market_mark& mark);
  void revalue(symbol_state& s, account_sums& account);
  /// After a move of the price, which realises nothing.
  void revalue_total(symbol_state& s, account_sums& account);
  held_quantity held_of(const position& p) const;
  order_split book(symbol_state& s, const position_fill& fill, bool is_new);
  [[gnu::noinline]] void book_accepted(symbol_state& s, symbol_id symbol, account_sums& account);
  position_row row_of(std::size_t index, std::size_t slot) const;
  template <class Visit>
  void for_each_position(Visit visit) const;

  static void change_multiplier(symbol_state& s, std::int64_t multiplier);
  static void apply(holding& h, const position_fill& fill);
  static void apply_to_lots(position& p, const position_fill& fill, const order_split& parts,
                            bool days_apart);
  static int128 total_of(const holding& h, price mark);

  std::vector<position_terms> terms_; ///< by symbol
  std::size_t account_count_;
  std::vector<account_sums> accounts_;
  std::vector<symbol_state> states_; ///< by symbol, and within it by account
  std::int32_t trading_day_ = 0;
};

} // namespace tickmesh
