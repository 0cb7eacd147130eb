// What an operator has accepted of a broker's books counts from then on: in positions, in profit
// and in every limit, as held by no strategy (docs/decisions/0028).
#include "actors/execution/trading/trading_state.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

/// What sums of positions and of their values hold with room for fills and moves of the price.
constexpr int128 quantity_most = int128{1} << 60U;
constexpr int128 value_most = int128{1} << 80U;

int128 change_of(const book_difference& difference) {
  return int128{difference.theirs.value} - difference.ours.value;
}

} // namespace

/// Whether sums hold with this much more of the symbol. What a broker says need not be a quantity
/// that anybody can hold. By the symbol's price, and at `at`.
bool trading_state::is_countable(symbol_id symbol, int128 change, price at) const {
  auto& held = risk_.exposures();
  auto open = orders_.still_open().of(symbol);
  auto outside = held.exposure(symbol, no_strategy).position.value + change;
  auto all = held.exposure(symbol).position.value + change;
  auto most = std::max(detail::magnitude(outside), detail::magnitude(all)) + open.buys.value +
              open.sells.value;
  auto& traded = universe_.instruments[symbol.value];
  auto fits = [&](price valued) {
    return valued == no_price || !traded ||
           detail::magnitude(exposure_value(most, valued, traded->multiplier)) <= value_most;
  };
  return most <= quantity_most && fits(held.valued_at(symbol)) && fits(at);
}

result<void> trading_state::check_countable(broker_id broker) const {
  for (auto& difference : at_brokers_.comparison().standing(broker)) {
    auto symbol = difference.symbol;
    if (difference.kind != difference_kind::position || symbol.value >= universe_.symbols.size())
      continue;
    if (!is_countable(symbol, change_of(difference)))
      return fail(describe(broker, difference) + ": more than can be counted");
  }
  return {};
}

/// What is to be said of it, if it can't count. Precondition: check_countable() has passed.
std::string trading_state::count_accepted(const book_difference& difference, log_position at) {
  if (difference.kind != difference_kind::position)
    return " (counts as open where the broker says its side and volume)"; // see count_outside()
  auto symbol = difference.symbol;
  if (symbol.value >= universe_.symbols.size() || !universe_.instruments[symbol.value])
    return " (not traded here: it counts in no limit)";
  quantity change{static_cast<std::int64_t>(change_of(difference))};
  positions_.accept(symbol, change, at.time);
  risk_.accept(symbol, change);
  if (keeps_changes_)
    changes_.positions[{symbol, no_strategy}] = {positions_.row(symbol, no_strategy), at.event};
  return {};
}

} // namespace tickmesh
