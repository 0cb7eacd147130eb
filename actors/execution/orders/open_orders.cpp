#include "actors/execution/orders/open_orders.hpp"

#include <algorithm>
#include <cassert>
#include <limits>

namespace tickmesh {

void open_orders::change(const order_request& request, quantity before, quantity after) {
  auto& symbol = symbols_[request.symbol.value];
  auto strategy = slot_of(request.strategy);
  if (symbol.by_strategy.size() <= strategy) symbol.by_strategy.resize(strategy + 1);
  bool buys = request.direction == side::buy;
  for (auto* sums : {&symbol.all, &symbol.by_strategy[strategy]}) {
    auto& total = buys ? sums->buys : sums->sells;
    total += after - before;
    assert(total >= quantity{});
  }
  bool was_open = before > quantity{};
  bool is_open = after > quantity{};
  if (was_open != is_open)
    change_level(buys ? symbol.buy_prices : symbol.sell_prices, request, is_open);
}

open_orders::quantities open_orders::of(symbol_id symbol, strategy_id strategy) const {
  auto& by_strategy = symbols_[symbol.value].by_strategy;
  auto slot = slot_of(strategy);
  return slot < by_strategy.size() ? by_strategy[slot] : quantities{};
}

void open_orders::change_level(price_levels& levels, const order_request& request, bool is_added) {
  bool buys = request.direction == side::buy;
  auto at = request.limit;
  if (request.type == order_type::market)
    at = price{buys ? std::numeric_limits<std::int64_t>::max()
                    : -std::numeric_limits<std::int64_t>::max()};
  // The best price is last: buys rise, sells fall.
  auto level = std::ranges::lower_bound(
      levels, at, [buys](price a, price b) { return buys ? a < b : a > b; }, &price_level::at);
  bool exists = level != levels.end() && level->at == at;
  if (is_added) {
    if (exists)
      ++level->orders;
    else
      levels.insert(level, {at, 1});
    return;
  }
  assert(exists);
  if (exists && --level->orders == 0) levels.erase(level);
}

} // namespace tickmesh
