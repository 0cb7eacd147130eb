#include "actors/execution/trading/price_bars.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

/// Of one symbol; where there are many, fewer, so that a report of all stays small.
std::size_t bars_of_each(std::size_t symbols) {
  constexpr std::size_t most = 2'048;
  constexpr std::size_t least = 48;
  constexpr std::size_t all = 24'000;
  return std::clamp(all / std::max<std::size_t>(symbols, 1) / 2 * 2, least, most);
}

timestamp begin_of(timestamp t, nanoseconds interval) {
  return timestamp{t.time_since_epoch() / interval * interval};
}

} // namespace

price_bars::price_bars(std::size_t symbols, std::size_t bars_max)
    : bars_max_(bars_max), symbols_(symbols) {}

price_bars::price_bars(std::size_t symbols) : price_bars(symbols, bars_of_each(symbols)) {}

void price_bars::begin_bar(symbol_bars& of, const market_mark& mark, price value) {
  while (of.bars.size() >= bars_max_)
    halve(of);
  auto begin = begin_of(mark.effective_time, of.interval);
  if (!of.bars.empty() && of.bars.back().begin == begin)
    return extend(of.bars.back(), value, value, value);
  of.bars.push_back({mark.symbol, begin, of.interval, value, value, value, value});
  of.end = begin + of.interval;
}

/// Bars of twice the interval; where none of them meet, as many are left as there were.
void price_bars::halve(symbol_bars& of) {
  of.interval *= 2;
  auto old = std::move(of.bars);
  of.bars.clear();
  for (auto& bar : old) {
    bar.begin = begin_of(bar.begin, of.interval);
    bar.interval = of.interval;
    if (!of.bars.empty() && of.bars.back().begin == bar.begin)
      extend(of.bars.back(), bar.high, bar.low, bar.close);
    else
      of.bars.push_back(bar);
  }
  of.end = of.bars.back().begin + of.interval;
}

std::vector<price_bar> price_bars::rows() const {
  std::vector<price_bar> out;
  for (auto& of : symbols_)
    out.insert(out.end(), of.bars.begin(), of.bars.end());
  std::ranges::stable_sort(out, {}, &price_bar::begin);
  return out;
}

} // namespace tickmesh
