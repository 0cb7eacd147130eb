#include "actors/execution/positions/position_book.hpp"

#include "actors/execution/values/exact_money.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace tickmesh {

namespace {

std::int64_t magnitude(std::int64_t v) {
  return v < 0 ? -v : v;
}

/// Of an open position, rounded towards zero.
price average_of(int128 cost, std::int64_t held) {
  return held == 0 ? no_price : price{static_cast<std::int64_t>(cost / held)};
}

void add(profit_totals& totals, const position_row& row) {
  totals.realised = checked_add(totals.realised, row.realised);
  totals.unrealised = checked_add(totals.unrealised, row.unrealised);
  totals.realised_fifo = checked_add(totals.realised_fifo, row.realised_fifo);
  totals.fees = checked_add(totals.fees, row.fees);
}

} // namespace

position_book::position_book(std::vector<position_terms> terms, std::uint16_t accounts)
    : terms_(std::move(terms)), account_count_(accounts), accounts_(accounts),
      states_(terms_.size() * accounts) {
  assert(accounts > 0);
  for (std::size_t i = 0; i < states_.size(); ++i)
    states_[i].multiplier = terms_[i / accounts].multiplier;
}

void position_book::apply_mark(const market_mark& mark) {
  turn_to_day(mark.trading_day);
  if (account_count_ > 1) return apply_to_all_accounts(mark);
  assert(mark.symbol.value < states_.size());
  apply_price(mark, states_[mark.symbol.value], accounts_[0]);
}

void position_book::apply_fill(const position_fill& fill, std::optional<money> fee) {
  assert(fill.direction != side::none && fill.volume.value > 0 && fill.at != no_price);
  auto& s = states_[index_of(fill.symbol, fill.account)];
  auto& account = accounts_[fill.account.value];
  s.mark.apply_fill(fill.at);
  if (s.unpriced != quantity{}) book_accepted(s, fill.symbol, account);
  auto parts = book(s, fill, true);
  auto fees = fee ? *fee : fees_of(terms_[fill.symbol.value], parts, fill.at);
  auto& p = s.positions[slot_of(fill.strategy)];
  p.fees = checked_add(p.fees, fees);
  account.fees = checked_add(account.fees, fees);
  account.total = checked_subtract(account.total, fees);
  revalue(s, account);
}

void position_book::add_fee(symbol_id symbol, strategy_id strategy, money more,
                            account_id account) {
  auto& s = states_[index_of(symbol, account)];
  auto slot = slot_of(strategy);
  assert(slot < s.positions.size());
  auto& sums = accounts_[account.value];
  s.positions[slot].fees = checked_add(s.positions[slot].fees, more);
  sums.fees = checked_add(sums.fees, more);
  sums.total = checked_subtract(sums.total, more);
}

void position_book::accept(symbol_id symbol, quantity change, timestamp time, account_id account) {
  auto& s = states_[index_of(symbol, account)];
  if (s.positions.empty()) s.positions.resize(1);
  auto& p = s.positions[slot_of(no_strategy)];
  p.was_filled = true;
  p.filled = time;
  s.unpriced += change;
  if (s.mark.value() != no_price) book_accepted(s, symbol, accounts_[account.value]);
}

/// At the price that is known now.
void position_book::book_accepted(symbol_state& s, symbol_id symbol, account_sums& account) {
  auto change = std::exchange(s.unpriced, {});
  if (change == quantity{}) return;
  bool adds = change > quantity{};
  position_fill fill{.symbol = symbol,
                     .strategy = no_strategy,
                     .direction = adds ? side::buy : side::sell,
                     .at = s.mark.value(),
                     .volume = adds ? change : -change,
                     .time = s.positions[slot_of(no_strategy)].filled};
  book(s, fill, false);
  revalue(s, account);
}

/// What is not new was opened on an earlier day.
order_split position_book::book(symbol_state& s, const position_fill& fill, bool is_new) {
  auto& terms = terms_[fill.symbol.value];
  auto slot = slot_of(fill.strategy);
  if (s.positions.size() <= slot) s.positions.resize(slot + 1);
  auto& p = s.positions[slot];
  p.was_filled = true;
  if (p.opened_on != trading_day_) p.earlier.append(p.today);
  p.opened_on = trading_day_;
  auto parts = split_order(terms.model, held_of(p), fill.direction, fill.volume);
  auto before = p.sums;
  apply(p.sums, fill);
  apply_to_lots(p, fill, parts, is_new && terms.model != position_model::net);
  p.filled = fill.time;
  s.sums.held = checked_add(s.sums.held, checked_subtract(p.sums.held, before.held));
  s.sums.cash = checked_add(s.sums.cash, checked_subtract(p.sums.cash, before.cash));
  s.sums.cost = checked_add(s.sums.cost, checked_subtract(p.sums.cost, before.cost));
  return parts;
}

void position_book::change_terms(symbol_id symbol, const position_terms& terms) {
  if (symbol.value >= terms_.size()) {
    terms_.resize(symbol.value + 1ULL);
    states_.resize(terms_.size() * account_count_);
  }
  auto model_before = std::exchange(terms_[symbol.value], terms).model;
  for (std::size_t i = 0; i < account_count_; ++i) {
    auto& s = states_[symbol.value * account_count_ + i];
    if (terms.model == position_model::net && model_before != terms.model)
      for (auto& p : s.positions)
        p.earlier.append(p.today);
    if (s.multiplier == terms.multiplier) continue;
    change_multiplier(s, terms.multiplier);
    revalue(s, accounts_[i]);
  }
}

/// What is earned is banked; what is open has cost by the new multiplier what leaves as much of
/// that unrealised.
void position_book::change_multiplier(symbol_state& s, std::int64_t multiplier) {
  auto before = std::exchange(s.multiplier, multiplier);
  auto mark = s.mark.value();
  auto restate = [&](int128 cost, std::int64_t held) {
    if (held == 0) return int128{0};
    auto value = static_cast<int128>(held) * mark.value;
    return checked_subtract(value, rescale(checked_subtract(value, cost), before, multiplier));
  };
  // All that is earned stays to the last digit; of what is realised, the last may be another.
  auto bank = [&](holding& h, money& banked, int128 cost) {
    auto earned = checked_add(banked, to_money(total_of(h, mark), before));
    h.cost = cost;
    h.cash = -cost;
    banked = checked_subtract(earned, to_money(total_of(h, mark), multiplier));
  };
  int128 cost_of_all = 0;
  for (auto& p : s.positions) {
    if (!p.was_filled) continue;
    bank(p.sums, p.banked, restate(p.sums.cost, p.sums.held));
    cost_of_all = checked_add(cost_of_all, p.sums.cost);
    auto price_of = [&](price at) {
      return price{static_cast<std::int64_t>(restate(at.value, 1))};
    };
    auto lots = checked_add(p.earlier.restate(price_of), p.today.restate(price_of));
    p.lots_cost = p.sums.held < 0 ? -lots : lots;
  }
  bank(s.sums, s.banked, cost_of_all);
}

order_split position_book::split(symbol_id symbol, strategy_id strategy, side direction,
                                 quantity volume, account_id account) const {
  auto& s = states_[index_of(symbol, account)];
  held_quantity held{};
  auto slot = slot_of(strategy);
  if (slot < s.positions.size()) held = held_of(s.positions[slot]);
  return split_order(terms_[symbol.value].model, held, direction, volume);
}

quantity position_book::net_position(symbol_id symbol, account_id account) const {
  if (symbol.value >= terms_.size()) return {};
  auto& s = states_[index_of(symbol, account)];
  return quantity{s.sums.held} + s.unpriced;
}

money position_book::unrealised_pnl(account_id account) const {
  auto& sums = sums_of(account);
  return checked_subtract(checked_add(sums.total, sums.fees), sums.realised);
}

money position_book::day_pnl(account_id account) const {
  auto& sums = sums_of(account);
  return checked_subtract(sums.total, sums.day_start);
}

std::vector<position_row> position_book::rows() const {
  std::vector<position_row> rows;
  for_each_position(
      [&](std::size_t index, std::size_t slot) { rows.push_back(row_of(index, slot)); });
  return rows;
}

std::size_t position_book::open_positions() const {
  std::size_t open = 0;
  for_each_position([&](std::size_t index, std::size_t slot) {
    auto& s = states_[index];
    bool is_flat = s.positions[slot].sums.held == 0 && s.unpriced_in(slot) == quantity{};
    open += is_flat ? 0 : 1;
  });
  return open;
}

profit_totals position_book::account_totals(account_id account) const {
  profit_totals totals;
  for_each_position([&](std::size_t index, std::size_t slot) {
    if (index % account_count_ == account.value) add(totals, row_of(index, slot));
  });
  return totals;
}

profit_totals position_book::strategy_totals(account_id account, strategy_id strategy) const {
  profit_totals totals;
  for_each_position([&](std::size_t index, std::size_t slot) {
    if (index % account_count_ == account.value && slot == slot_of(strategy))
      add(totals, row_of(index, slot));
  });
  return totals;
}

std::size_t position_book::index_of(symbol_id symbol, account_id account) const {
  assert(symbol.value < terms_.size() && account.value < account_count_);
  return symbol.value * account_count_ + account.value;
}

const position_book::account_sums& position_book::sums_of(account_id account) const {
  assert(account.value < account_count_);
  return accounts_[account.value];
}

void position_book::begin_day(std::int32_t trading_day) {
  trading_day_ = trading_day; // positions follow when they are next looked at
  for (auto& account : accounts_)
    account.day_start = account.total;
}

inline void position_book::apply_price(const market_mark& mark, symbol_state& s,
                                       account_sums& account) {
  auto before = s.mark.value();
  if (!s.mark.apply(mark)) return;
  s.marked = mark.effective_time;
  if (s.sums.held != 0 && s.mark.value() != before) revalue_total(s, account);
  if (s.unpriced != quantity{}) book_accepted(s, mark.symbol, account);
}

void position_book::apply_to_all_accounts(const market_mark& mark) {
  auto first = index_of(mark.symbol, account_id{});
  for (std::size_t i = 0; i < account_count_; ++i)
    apply_price(mark, states_[first + i], accounts_[i]);
}

void position_book::revalue(symbol_state& s, account_sums& account) {
  revalue_total(s, account);
  auto realised =
      checked_add(s.banked, to_money(checked_add(s.sums.cash, s.sums.cost), s.multiplier));
  account.realised = checked_add(account.realised, checked_subtract(realised, s.realised));
  s.realised = realised;
}

void position_book::revalue_total(symbol_state& s, account_sums& account) {
  auto total = checked_add(s.banked, to_money(total_of(s.sums, s.mark.value()), s.multiplier));
  account.total = checked_add(account.total, checked_subtract(total, s.total));
  s.total = total;
}

held_quantity position_book::held_of(const position& p) const {
  return {.net = quantity{p.sums.held},
          .today = p.opened_on == trading_day_ ? p.today.volume() : quantity{}};
}

position_row position_book::row_of(std::size_t index, std::size_t slot) const {
  auto& s = states_[index];
  auto& p = s.positions[slot];
  auto symbol = index / account_count_;
  auto earned = [&](int128 sum) { return checked_add(p.banked, to_money(sum, s.multiplier)); };
  auto realised = earned(checked_add(p.sums.cash, p.sums.cost));
  auto total = earned(total_of(p.sums, s.mark.value()));
  return {.symbol = symbol_id{static_cast<std::uint32_t>(symbol)},
          .strategy = strategy_of(slot),
          .held = quantity{p.sums.held} + s.unpriced_in(slot),
          .average_cost = average_of(p.sums.cost, p.sums.held),
          .realised = realised,
          .unrealised = checked_subtract(total, realised),
          .mark = s.mark.value(),
          .updated = std::max(p.filled, s.marked),
          .account = account_id{static_cast<std::uint16_t>(index % account_count_)},
          .days_apart = terms_[symbol].model != position_model::net,
          .today = held_of(p).today,
          .fifo_cost = average_of(p.lots_cost, p.sums.held),
          .realised_fifo = earned(checked_add(p.sums.cash, p.lots_cost)),
          .fees = p.fees};
}

template <class Visit>
void position_book::for_each_position(Visit visit) const {
  for (std::size_t index = 0; index < states_.size(); ++index) {
    auto& positions = states_[index].positions;
    for (std::size_t slot = 0; slot < positions.size(); ++slot)
      if (positions[slot].was_filled) visit(index, slot);
  }
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
  assert(h.held != std::numeric_limits<std::int64_t>::min()); // has no magnitude
}

void position_book::apply_to_lots(position& p, const position_fill& fill, const order_split& parts,
                                  bool days_apart) {
  bool buys = fill.direction == side::buy;
  auto closed = checked_add(p.today.pop(parts.close_today), p.earlier.pop(parts.close_yesterday));
  auto opened = static_cast<int128>(parts.open.value) * fill.at.value;
  // What a buy closes was short: its cost is below 0, and closing raises it.
  auto change = checked_add(closed, opened);
  p.lots_cost = checked_add(p.lots_cost, buys ? change : -change);
  if (parts.open.value > 0) (days_apart ? p.today : p.earlier).push(fill.at, parts.open);
}

int128 position_book::total_of(const holding& h, price mark) {
  if (h.held == 0) return h.cash;
  return checked_add(h.cash, static_cast<int128>(h.held) * mark.value);
}

} // namespace tickmesh
