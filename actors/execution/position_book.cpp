#include "actors/execution/position_book.hpp"

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

template <class T>
T checked_add(T a, T b) {
  T sum{};
  [[maybe_unused]] bool overflow = __builtin_add_overflow(a, b, &sum);
  assert(!overflow);
  return sum;
}

int128 checked_multiply(int128 a, int128 b) {
  int128 product = 0;
  [[maybe_unused]] bool overflow = __builtin_mul_overflow(a, b, &product);
  assert(!overflow);
  return product;
}

/// a / decimal_scale, rounded down. The scale is 2^8 x 390625: after the shift, long division by
/// digits of 32 bits needs no 128-bit division, which is slow.
int128 scale_down(int128 a) {
  constexpr std::uint64_t odd_part = decimal_scale >> 8U;
  static_assert(odd_part << 8U == decimal_scale && odd_part < (std::uint64_t{1} << 32U));
  bool negative = a < 0;
  // Of a negative number, -(x / d) rounded down is -((|x| + d - 1) / d).
  auto rest = negative ? uint128{0} - static_cast<uint128>(a) + (decimal_scale - 1)
                       : static_cast<uint128>(a);
  rest >>= 8U;
  uint128 quotient = 0;
  std::uint64_t carry = 0;
  for (int shift = 96; shift >= 0; shift -= 32) {
    auto digit = carry << 32U | static_cast<std::uint32_t>(rest >> shift);
    quotient = quotient << 32U | digit / odd_part;
    carry = digit % odd_part;
  }
  auto result = static_cast<int128>(quotient);
  return negative ? -result : result;
}

/// `sum` (1e-16) x multiplier (1e-8) in money (1e-8), rounded down. Dividing in two steps keeps
/// the products small and gives the same floor; a whole multiplier needs one.
money to_money(int128 sum, std::int64_t multiplier) {
  if (multiplier % decimal_scale == 0)
    return money{scale_down(checked_multiply(sum, multiplier / decimal_scale))};
  auto whole = scale_down(sum);
  auto fraction = sum - whole * decimal_scale;
  auto scaled = checked_add(checked_multiply(whole, multiplier), scale_down(fraction * multiplier));
  return money{scale_down(scaled)};
}

std::int64_t magnitude(std::int64_t v) {
  return v < 0 ? -v : v;
}

} // namespace

position_book::position_book(std::vector<std::int64_t> multipliers) : symbols_(multipliers.size()) {
  for (std::size_t i = 0; i < multipliers.size(); ++i)
    symbols_[i].multiplier = multipliers[i];
}

void position_book::apply_mark(const market_mark& mark) {
  if (mark.trading_day > trading_day_) {
    trading_day_ = mark.trading_day;
    day_start_ = total_;
  }
  if (mark.last == no_price) return;
  auto& s = state_of(mark.symbol);
  bool has_moved = mark.last != s.last;
  s.last = mark.last;
  s.marked = mark.effective_time;
  if (has_moved && s.sums.held != 0) revalue_total(s);
}

void position_book::apply_fill(const position_fill& fill) {
  assert(fill.direction != side::none && fill.volume.value > 0 && fill.at != no_price);
  auto& s = state_of(fill.symbol);
  if (s.positions.size() <= fill.strategy.value) s.positions.resize(fill.strategy.value + 1ULL);
  auto& p = s.positions[fill.strategy.value];
  p.was_filled = true;
  auto cost_before = p.sums.cost;
  auto cash_before = p.sums.cash;
  auto held_before = p.sums.held;
  apply(p.sums, fill);
  p.filled = fill.time;
  s.sums.held = checked_add(s.sums.held, p.sums.held - held_before);
  s.sums.cash = checked_add(s.sums.cash, p.sums.cash - cash_before);
  s.sums.cost = checked_add(s.sums.cost, p.sums.cost - cost_before);
  s.last_fill = fill.at;
  revalue(s);
}

quantity position_book::net_position(symbol_id symbol) const {
  return symbol.value < symbols_.size() ? quantity{symbols_[symbol.value].sums.held} : quantity{};
}

std::vector<position_row> position_book::rows() const {
  std::vector<position_row> rows;
  for (std::uint32_t symbol = 0; symbol < symbols_.size(); ++symbol) {
    auto& s = symbols_[symbol];
    for (std::uint16_t strategy = 0; strategy < s.positions.size(); ++strategy) {
      auto& p = s.positions[strategy];
      if (!p.was_filled) continue;
      auto realised = to_money(p.sums.cash + p.sums.cost, s.multiplier);
      auto total = to_money(total_of(p.sums, s.mark()), s.multiplier);
      auto average = no_price;
      if (p.sums.held != 0) average = price{static_cast<std::int64_t>(p.sums.cost / p.sums.held)};
      rows.push_back({.symbol = symbol_id{symbol},
                      .strategy = strategy_id{strategy},
                      .held = quantity{p.sums.held},
                      .average_cost = average,
                      .realised = realised,
                      .unrealised = total - realised,
                      .mark = s.mark(),
                      .updated = std::max(p.filled, s.marked)});
    }
  }
  return rows;
}

std::size_t position_book::open_positions() const {
  std::size_t open = 0;
  for (auto& s : symbols_)
    open += static_cast<std::size_t>(std::count_if(s.positions.begin(), s.positions.end(),
                                                   [](auto& p) { return p.sums.held != 0; }));
  return open;
}

position_book::symbol_state& position_book::state_of(symbol_id symbol) {
  assert(symbol.value < symbols_.size());
  return symbols_[symbol.value];
}

void position_book::revalue(symbol_state& s) {
  revalue_total(s);
  auto realised = to_money(s.sums.cash + s.sums.cost, s.multiplier);
  realised_ += realised - s.realised;
  s.realised = realised;
}

void position_book::revalue_total(symbol_state& s) {
  auto total = to_money(total_of(s.sums, s.mark()), s.multiplier);
  total_ += total - s.total;
  s.total = total;
}

void position_book::apply(holding& h, const position_fill& fill) {
  auto change = fill.direction == side::buy ? fill.volume.value : -fill.volume.value;
  h.cash = checked_add(h.cash, -static_cast<int128>(change) * fill.at.value);
  auto opened = change;
  if ((h.held > 0 && change < 0) || (h.held < 0 && change > 0)) {
    auto closed = std::min(magnitude(h.held), magnitude(change));
    // The closed part's share of the cost, rounded towards zero; what is rounded off stays in the
    // cost of the rest and leaves with its last part.
    h.cost -= h.cost / magnitude(h.held) * closed +
              h.cost % magnitude(h.held) * closed / magnitude(h.held);
    opened = change < 0 ? change + closed : change - closed;
  }
  h.cost = checked_add(h.cost, static_cast<int128>(opened) * fill.at.value);
  h.held = checked_add(h.held, change);
}

int128 position_book::total_of(const holding& h, price mark) {
  if (h.held == 0) return h.cash;
  return checked_add(h.cash, static_cast<int128>(h.held) * mark.value);
}

} // namespace tickmesh
