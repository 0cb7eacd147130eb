// What an operator has accepted of a broker's books counts from then on: in positions, in profit
// and in every limit, as held by no strategy (docs/decisions/0028).
#include "actors/execution/trading_state.hpp"

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

/// What a broker says need not be a quantity that anybody can hold.
result<void> trading_state::check_countable(broker_id broker) const {
  for (auto& difference : at_brokers_.comparison().standing(broker)) {
    auto symbol = difference.symbol;
    if (difference.kind != difference_kind::position || symbol.value >= universe_.symbols.size())
      continue;
    auto& held = risk_.exposures();
    auto outside = held.exposure(symbol, no_strategy).position.value + change_of(difference);
    auto all = held.exposure(symbol).position.value + change_of(difference);
    auto most = std::max(detail::magnitude(outside), detail::magnitude(all));
    auto at = held.valued_at(symbol);
    auto& traded = universe_.instruments[symbol.value];
    bool fits = most <= quantity_most &&
                (at == no_price || !traded ||
                 detail::magnitude(exposure_value(most, at, traded->multiplier)) <= value_most);
    if (!fits) return fail(describe(broker, difference) + ": more than can be counted");
  }
  return {};
}

/// What is to be said of it, if it can't count. Precondition: check_countable() has passed.
std::string trading_state::count_accepted(const book_difference& difference, log_position at) {
  // A snapshot does not tell side, volume and price of a broker's open orders. Once it does, they
  // count here as open orders of no_strategy do.
  if (difference.kind != difference_kind::position)
    return " (what of it is open is not known, and counts in no limit)";
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
