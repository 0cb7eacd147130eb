// The prices of symbols as bars of event time, to be looked at: few, however long a day is. Plain
// class behind risk_checker.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/symbol_mark.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace tickmesh {

/// The prices that positions were valued at (symbol_mark) from `begin` on, for `interval`.
struct price_bar {
  symbol_id symbol{};
  timestamp begin{}; ///< a multiple of `interval`
  nanoseconds interval{};
  price open = no_price;
  price high = no_price;
  price low = no_price;
  price close = no_price;
  friend bool operator==(const price_bar&, const price_bar&) = default;
};

/// Each symbol has at most so many bars: where there would be more, two become one, and its
/// interval doubles. An interval without a price has no bar.
class price_bars {
public:
  /// `bars_max` of each symbol, an even number.
  explicit price_bars(std::size_t symbols, std::size_t bars_max);
  /// As many bars as can be looked at.
  explicit price_bars(std::size_t symbols);

  /// Times of one symbol do not fall.
  void apply(std::span<const market_mark> marks);

  /// All bars, by time, then by symbol.
  std::vector<price_bar> rows() const;

private:
  struct symbol_bars {
    symbol_mark mark;
    nanoseconds interval = first_interval;
    timestamp end{}; ///< of the last bar
    std::vector<price_bar> bars;
  };

  static constexpr nanoseconds first_interval{10'000'000};

  void begin_bar(symbol_bars& of, const market_mark& mark, price value);
  static void halve(symbol_bars& of);

  std::size_t bars_max_;
  std::vector<symbol_bars> symbols_; ///< by id
};

} // namespace tickmesh
