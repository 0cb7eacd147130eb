#include "actors/execution/risk/exposure_book.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

int128 larger(int128 longs, int128 shorts) {
  return std::max(longs < 0 ? -longs : longs, shorts < 0 ? -shorts : shorts);
}

template <class T>
T checked_add(T a, T b) {
  T sum{};
  [[maybe_unused]] bool overflow = __builtin_add_overflow(a, b, &sum);
  assert(!overflow); // the position rule bounds what is held
  return sum;
}

} // namespace

exposure_book::exposure_book(std::vector<std::int64_t> multipliers, std::size_t strategies)
    : symbols_(multipliers.size()), strategies_(strategies + 1) {
  for (std::size_t i = 0; i < multipliers.size(); ++i)
    symbols_[i].multiplier = multipliers[i];
}

void exposure_book::apply_mark(const market_mark& mark) {
  turn_to_day(mark.trading_day);
  auto& s = symbols_[mark.symbol.value];
  auto before = s.mark.value();
  s.mark.apply(mark);
  if (mark.has_book) {
    s.bid = mark.bid;
    s.ask = mark.ask;
  }
  s.marked = mark.effective_time;
  s.has_mark = true;
  if (s.mark.value() == before) return;
  if (s.unpriced != quantity{}) price_accepted(s);
  revalue(s);
}

void exposure_book::apply_fill(const position_fill& fill, money fee) {
  assert(fill.direction != side::none && fill.at != no_price);
  auto& s = symbols_[fill.symbol.value];
  auto change = fill.direction == side::buy ? fill.volume.value : -fill.volume.value;
  for (auto* h : {&s.all, &holding_of(s, fill.strategy)}) {
    h->held = checked_add(h->held, change);
    h->cash = checked_add(h->cash, -int128{change} * fill.at.value);
    h->fees += fee;
  }
  s.mark.apply_fill(fill.at);
  if (s.unpriced != quantity{}) price_accepted(s);
  revalue(s);
  auto slot = slot_of(fill.strategy);
  if (follows_strategies_) revalue(s, slot, s.by_strategy[slot]);
}

void exposure_book::accept(symbol_id symbol, quantity change) {
  auto& s = symbols_[symbol.value];
  auto& own = holding_of(s, no_strategy);
  s.all.held = checked_add(s.all.held, change.value);
  own.held = checked_add(own.held, change.value);
  s.unpriced += change;
  if (s.mark.value() != no_price) price_accepted(s);
  revalue(s, s.all, account_);
  if (follows_strategies_) revalue(s, slot_of(no_strategy), own);
}

/// What was accepted has cost what it is worth now.
void exposure_book::price_accepted(symbol_state& s) {
  auto cost = int128{s.unpriced.value} * s.mark.value().value;
  for (auto* h : {&s.all, &s.by_strategy[slot_of(no_strategy)]})
    h->cash = checked_add(h->cash, -cost);
  s.unpriced = {};
}

void exposure_book::add_fee(symbol_id symbol, strategy_id strategy, money more) {
  auto& s = symbols_[symbol.value];
  s.all.fees += more;
  auto& own = holding_of(s, strategy);
  own.fees += more;
  if (follows_strategies_) revalue(s, slot_of(strategy), own);
}

void exposure_book::update_open(const order_request& request, const open_orders& open) {
  auto& s = symbols_[request.symbol.value];
  auto& own = holding_of(s, request.strategy);
  auto all_open = open.of(request.symbol);
  auto own_open = open.of(request.symbol, request.strategy);
  s.all.open_buys = all_open.buys;
  s.all.open_sells = all_open.sells;
  own.open_buys = own_open.buys;
  own.open_sells = own_open.sells;
  auto before = s.value_price();
  if (s.first_order == no_price) s.first_order = request.limit;
  if (s.value_price() != before) return revalue(s);
  revalue(s, s.all, account_);
  if (follows_strategies_) revalue(s, slot_of(request.strategy), own);
}

void exposure_book::follow_strategies(bool follow) {
  if (follow == follows_strategies_) return;
  follows_strategies_ = follow;
  if (!follow) return;
  for (auto& strategy : strategies_)
    strategy = {.sums = {}, .total = 0, .day_start = strategy.day_start};
  for (auto& s : symbols_)
    for (std::size_t i = 0; i < s.by_strategy.size(); ++i) {
      auto& h = s.by_strategy[i];
      h.longs = h.shorts = h.total = 0;
      revalue(s, i, h);
    }
}

void exposure_book::grow(std::size_t symbols, std::size_t strategies) {
  symbols_.resize(symbols);
  strategies_.resize(strategies + 1);
}

void exposure_book::change_multiplier(symbol_id symbol, std::int64_t multiplier) {
  auto& s = symbols_[symbol.value];
  if (s.multiplier == multiplier) return;
  auto bank = [&s](holding& h) {
    h.banked = profit(s, h) + h.fees.value;
    auto at = s.mark.value();
    h.cash = h.held == 0 || at == no_price ? 0 : -int128{h.held} * at.value;
  };
  bank(s.all);
  for (auto& h : s.by_strategy)
    bank(h);
  s.multiplier = multiplier;
  revalue(s);
}

market_facts exposure_book::market(symbol_id symbol, timestamp now) const {
  auto& s = symbols_[symbol.value];
  market_facts out{s.mark.last(), s.bid, s.ask, std::nullopt};
  if (s.has_mark) out.age = std::max(now - s.marked, nanoseconds{0});
  return out;
}

symbol_exposure exposure_book::exposure(symbol_id symbol, strategy_id strategy) const {
  auto& by_strategy = symbols_[symbol.value].by_strategy;
  auto slot = slot_of(strategy);
  return slot < by_strategy.size() ? exposure_of(by_strategy[slot]) : symbol_exposure{};
}

exposure_sums exposure_book::symbol_sums(symbol_id symbol) const {
  auto& h = symbols_[symbol.value].all;
  return {money{h.longs}, money{h.shorts}, money{larger(h.longs, h.shorts)}};
}

exposure_sums exposure_book::strategy_sums(strategy_id strategy) const {
  auto slot = slot_of(strategy);
  return follows_strategies_ ? strategies_[slot].sums : add_up(slot).sums;
}

money exposure_book::symbol_day_pnl(symbol_id symbol) const {
  auto& s = symbols_[symbol.value];
  return money{profit(s, s.all)} - s.day_start;
}

money exposure_book::strategy_day_pnl(strategy_id strategy) const {
  auto slot = slot_of(strategy);
  auto& kept = strategies_[slot];
  auto total = follows_strategies_ ? kept.total : add_up(slot).total;
  return money{total - kept.day_start};
}

exposure_book::holding& exposure_book::holding_of(symbol_state& s, strategy_id strategy) {
  auto slot = slot_of(strategy);
  if (s.by_strategy.size() <= slot) s.by_strategy.resize(slot + 1);
  return s.by_strategy[slot];
}

/// Brings the sums from what they hold of `h` to what it is worth now.
void exposure_book::revalue(const symbol_state& s, holding& h, exposure_sums& sums) {
  auto at = s.value_price();
  auto value = [&](int128 held) {
    return held == 0 || at == no_price ? int128{0} : exposure_value(held, at, s.multiplier);
  };
  auto longs = value(int128{h.held} + h.open_buys.value);
  auto shorts = h.open_buys == h.open_sells && h.open_buys == quantity{}
                    ? longs
                    : value(int128{h.held} - h.open_sells.value);
  sums.longs.value += longs - h.longs;
  sums.shorts.value += shorts - h.shorts;
  sums.gross.value += larger(longs, shorts) - larger(h.longs, h.shorts);
  h.longs = longs;
  h.shorts = shorts;
}

int128 exposure_book::profit(const symbol_state& s, const holding& h) {
  auto at = s.mark.value();
  bool is_cash = h.held == 0 || at == no_price; // without a price nothing is won or lost yet
  auto sum = is_cash ? h.cash : checked_add(h.cash, int128{h.held} * at.value);
  return h.banked + scale_value(sum, s.multiplier) - h.fees.value;
}

/// After a change of the symbol's price, which changes nothing of what is idle.
void exposure_book::revalue(symbol_state& s) {
  auto may_change = [](auto& h) { return !h.is_idle() || h.longs != 0 || h.shorts != 0; };
  if (may_change(s.all)) revalue(s, s.all, account_);
  if (!follows_strategies_) return;
  for (std::size_t i = 0; i < s.by_strategy.size(); ++i)
    if (may_change(s.by_strategy[i])) revalue(s, i, s.by_strategy[i]);
}

void exposure_book::revalue(const symbol_state& s, std::size_t slot, holding& h) {
  auto& kept = strategies_[slot];
  revalue(s, h, kept.sums);
  auto total = profit(s, h);
  kept.total += total - h.total;
  h.total = total;
}

exposure_book::strategy_state exposure_book::add_up(std::size_t slot) const {
  strategy_state out;
  for (auto& s : symbols_) {
    if (slot >= s.by_strategy.size()) continue;
    auto h = s.by_strategy[slot];
    h.longs = h.shorts = 0;
    revalue(s, h, out.sums);
    out.total += profit(s, h);
  }
  return out;
}

void exposure_book::begin_day(std::int32_t trading_day) {
  trading_day_ = trading_day;
  for (auto& s : symbols_)
    s.day_start = money{profit(s, s.all)};
  for (std::size_t i = 0; i < strategies_.size(); ++i)
    strategies_[i].day_start = follows_strategies_ ? strategies_[i].total : add_up(i).total;
}

} // namespace tickmesh
