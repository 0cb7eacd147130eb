// The prices of symbols as bars of event time, to be looked at: few, however long a day is. Used by
// trading_state.
#pragma once

#include "actors/execution/events/execution_events.hpp"
#include "actors/execution/events/symbol_mark.hpp"

#include <algorithm>
#include <cstddef>
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

  template <class Archive>
  void persist(Archive& archive) {
    archive(symbol, begin, interval, open, high, low, close);
  }
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
  void apply(const market_mark& mark) {
    if (mark.symbol.value >= symbols_.size()) symbols_.resize(mark.symbol.value + std::size_t{1});
    auto& of = symbols_[mark.symbol.value];
    if (!of.mark.apply(mark)) return;
    auto value = of.mark.value();
    if (mark.effective_time < of.end)
      extend(of.bars.back(), value, value, value);
    else
      begin_bar(of, mark, value);
  }

  /// All bars, by time, then by symbol.
  std::vector<price_bar> rows() const;

  /// See state_archive.hpp.
  template <class Archive>
  void persist(Archive& archive) {
    archive(bars_max_, symbols_);
  }

private:
  struct symbol_bars {
    symbol_mark mark;
    nanoseconds interval = first_interval;
    timestamp end{}; ///< of the last bar
    std::vector<price_bar> bars;

    template <class Archive>
    void persist(Archive& archive) {
      archive(mark, interval, end, bars);
    }
  };

  static constexpr nanoseconds first_interval{10'000'000};

  /// Takes what comes later into a bar.
  static void extend(price_bar& bar, price high, price low, price close) {
    bar.high = std::max(bar.high, high);
    bar.low = std::min(bar.low, low);
    bar.close = close;
  }
  void begin_bar(symbol_bars& of, const market_mark& mark, price value);
  static void halve(symbol_bars& of);

  std::size_t bars_max_;
  std::vector<symbol_bars> symbols_; ///< by id
};

} // namespace tickmesh
