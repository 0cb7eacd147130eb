// What is open of the own orders: quantities by symbol and strategy, and the best own prices. Kept
// by order_manager; the risk rules read it.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/values/strategy_slots.hpp"

#include <cstdint>
#include <vector>

namespace tickmesh {

class open_orders {
public:
  explicit open_orders(std::size_t symbols) : symbols_(symbols) {}

  /// Precondition: not fewer symbols than there are.
  void grow(std::size_t symbols) { symbols_.resize(symbols); }

  /// The open quantity of an order has changed; 0 before it was sent and after it has ended.
  void change(const order_request& request, quantity before, quantity after);

  struct quantities {
    quantity buys{};
    quantity sells{};

    template <class Archive>
    void persist(Archive& archive) {
      archive(buys, sells);
    }
  };
  quantities of(symbol_id symbol) const { return symbols_[symbol.value].all; }
  quantities of(symbol_id symbol, strategy_id strategy) const;

  /// The highest price of an open buy, the lowest of an open sell; no_price when there is none. An
  /// open market order counts as a price that every other crosses.
  price best_buy(symbol_id symbol) const { return best(symbols_[symbol.value].buy_prices); }
  price best_sell(symbol_id symbol) const { return best(symbols_[symbol.value].sell_prices); }

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(symbols_);
  }

private:
  /// Open orders of one side at one price; the best price is last. Few at a time, so a small sorted
  /// vector does.
  struct price_level {
    price at;
    std::uint32_t orders;

    template <class Archive>
    void persist(Archive& archive) {
      archive(at, orders);
    }
  };
  using price_levels = std::vector<price_level>;
  struct symbol_orders {
    quantities all;
    std::vector<quantities> by_strategy;
    price_levels buy_prices;
    price_levels sell_prices;

    template <class Archive>
    void persist(Archive& archive) {
      archive(all, by_strategy, buy_prices, sell_prices);
    }
  };

  static price best(const price_levels& levels) {
    return levels.empty() ? no_price : levels.back().at;
  }
  static void change_level(price_levels& levels, const order_request& request, bool is_added);

  std::vector<symbol_orders> symbols_;
};

} // namespace tickmesh
