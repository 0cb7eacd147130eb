// The pre-trade rules, one pure function each, and the facts that they look at. Used by
// check_order. All in integers; an overflow refuses, it never wraps. Most rules are inline, so that
// check_order pays for usage and limit of a failure only.
#pragma once

#include "actors/execution/risk/limits/risk_limits.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tickmesh {

/// Outcome of a rule: `usage` against `limit`, in 1e-8 of a quantity, a price, of money, a second
/// or a count, as the rule has it; both 0 for rules without a limit. A usage that overflows, or
/// that nobody knows, is usage_overflow.
struct risk_result {
  verdict outcome = verdict::approved;
  int128 usage = 0;
  int128 limit = 0;
  std::uint16_t scope = 0; ///< whose limit it is: place in the list of scopes; 0 is the global one
  friend bool operator==(const risk_result&, const risk_result&) = default;
};
inline constexpr int128 usage_overflow = static_cast<int128>(~uint128{0} >> 1U);

/// What is to be checked.
struct order_intent {
  side direction = side::none;
  price limit = no_price; ///< of a market order none
  quantity volume{};
  order_type type = order_type::limit;
  bool flattens = false; ///< an operator's, to bring a position to zero: see risk_waivers
  bool shrinks = false;  ///< a new form of an open order, of no more volume at no keener price
};

/// Of one symbol. Open quantity is what approved orders have neither filled nor ended; orders in
/// doubt count in full.
struct symbol_exposure {
  quantity position{};
  quantity open_buys{};
  quantity open_sells{};
  friend bool operator==(const symbol_exposure&, const symbol_exposure&) = default;
};

/// Sums over symbols, each valued at its reference price (risk_facts::valued_at).
struct exposure_sums {
  money longs{};  ///< of (position + open buys) x price x multiplier
  money shorts{}; ///< of (position - open sells) x price x multiplier
  money gross{};  ///< of the larger magnitude of the two, of each symbol
  friend bool operator==(const exposure_sums&, const exposure_sums&) = default;
};

/// What the broker that the order would go to has been sent in (t - 1 s, t].
struct broker_rate {
  std::optional<std::uint32_t> per_second_max{}; ///< nothing: the broker has no limit
  std::uint64_t in_second = 0;                   ///< counted where there is a limit
};

/// Orders and cancels: in (t - 1 s, t], and since the trading day began.
struct rate_usage {
  std::uint64_t orders_in_second = 0;
  std::uint64_t cancels_in_second = 0;
  std::uint64_t orders_today = 0;
  std::uint64_t cancels_today = 0;
  friend bool operator==(const rate_usage&, const rate_usage&) = default;
};

/// What a scope's limits are measured over: all of the account, all of the order's strategy, or all
/// strategies in the order's symbol (a pattern judges each of its symbols alone).
struct scope_facts {
  symbol_exposure exposure{}; ///< in the order's symbol; of a strategy, its own share
  money day_pnl{};            ///< realised and unrealised since the trading day began
  exposure_sums sums{};
  rate_usage rates{};
};

/// What is known of the symbol's market.
struct market_facts {
  price last = no_price;
  price bid = no_price;
  price ask = no_price;
  std::optional<nanoseconds> age{};      ///< of the last mark; none: there was no mark
  std::optional<nanoseconds> open_age{}; ///< the same, of it what was open session time
};

/// What the rules look at besides the order itself. Does not depend on the limits, so that stored
/// facts can be judged by others.
struct risk_facts {
  std::string_view account_currency;
  const instrument* traded = nullptr; ///< null: unknown, INVALID_ORDER
  std::string_view symbol{};
  scope_facts account{}; ///< for global scopes, too
  scope_facts strategy{};
  scope_facts of_symbol{};
  std::uint64_t orders_today = 0; ///< opened on the trading day, whatever became of them
  market_facts market{};
  price valued_at = no_price; ///< the symbol in exposure_sums; no_price: it counts as 0 there
  price own_buy = no_price;   ///< best open buy of the account in the symbol
  price own_sell = no_price;
  std::optional<nanoseconds> since_same{}; ///< age of the last order with the same words
  bool in_session = true;
  trading_mode mode = trading_mode::active;
  bool is_reconciled = true; ///< our books and those of the brokers agree, or are said to
  broker_rate broker{};
  nanoseconds signal_age{0};

  const scope_facts& of(scope_kind kind) const {
    return kind == scope_kind::strategy ? strategy
           : kind == scope_kind::symbol ? of_symbol
                                        : account;
  }
};

namespace detail {

inline constexpr int128 exposure_cap = int128{1} << 100U;

inline int128 magnitude(int128 v) {
  return v < 0 ? -v : v;
}

inline verdict outcome_of(bool passes, verdict rule) {
  return passes ? verdict::approved : rule;
}

/// In 1e-8 s, rounded up.
inline int128 seconds_of(nanoseconds t) {
  auto ns = t.count();
  if (ns < 0) return (ns + 9) / 10;
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(ns) + 9) / 10);
}

inline int128 net_of(const exposure_sums& sums) {
  return std::max(magnitude(sums.longs.value), magnitude(sums.shorts.value));
}

inline int128 count_units(std::uint64_t n) {
  return static_cast<int128>(n) * decimal_scale;
}

} // namespace detail

namespace detail {

/// Of the position, when all open orders of the order's side have filled before it.
inline int128 left_to_reduce(const order_intent& order, const symbol_exposure& exposure) {
  int128 position = exposure.position.value;
  auto left = order.direction == side::buy ? -position - exposure.open_buys.value
                                           : position - exposure.open_sells.value;
  return std::max<int128>(left, 0);
}

} // namespace detail

/// Whether the whole volume brings the position nearer to flat, even when all open orders of the
/// order's side fill before it. One that closes 4 and opens 6 is not closing.
inline bool is_closing(const order_intent& order, const symbol_exposure& exposure) {
  return order.direction != side::none && order.volume.value > 0 &&
         order.volume.value <= detail::left_to_reduce(order, exposure);
}
/// Whether the order is against what is held, and closes less than its volume of it.
inline bool is_turning(const order_intent& order, const symbol_exposure& exposure) {
  bool is_against = order.direction == side::buy ? exposure.position < quantity{}
                                                 : exposure.position > quantity{};
  return is_against && !is_closing(order, exposure);
}

/// CURRENCY_MISMATCH unless both are equal.
inline risk_result check_currency(std::string_view account, std::string_view instrument_currency) {
  return {detail::outcome_of(account == instrument_currency, verdict::currency_mismatch)};
}

/// INVALID_ORDER unless there are a side, a price above the instrument's least on the price tick (a
/// market order: none) and a volume above 0 on the quantity step. A mid price between two ticks is
/// refused here.
risk_result check_validity(const order_intent& order, const instrument& traded);

/// The price by which value, collar and self-trade are judged: the limit; of a market order the
/// opposite best quote, no_price when there is none.
inline price judged_price(const order_intent& order, const market_facts& market) {
  if (order.type == order_type::limit) return order.limit;
  return order.direction == side::buy ? market.ask : market.bid;
}

/// The last price, else the middle of a book with both sides (rounded down), else no_price.
inline price reference_price(const market_facts& market) {
  if (market.last != no_price) return market.last;
  if (market.bid == no_price || market.ask == no_price) return no_price;
  return price{static_cast<std::int64_t>((int128{market.bid.value} + market.ask.value) >> 1)};
}

/// POSITION_LIMIT_EXCEEDED when the side that the order adds to could exceed `position_max`:
/// position + open buys + volume of a buy, open sells + volume - position of a sell. An order that
/// reduces the position is judged by the same sum, so it passes as long as it can't overshoot.
/// Usage is that sum, or 0 where it is negative.
inline risk_result check_position(const order_intent& order, const symbol_exposure& exposure,
                                  quantity position_max) {
  int128 position = exposure.position.value;
  int128 side_total = order.direction == side::buy ? position + exposure.open_buys.value
                                                   : exposure.open_sells.value - position;
  side_total += order.volume.value; // four int64 at most: no overflow in 128 bits
  return {detail::outcome_of(side_total <= position_max.value, verdict::position_limit_exceeded),
          std::max<int128>(side_total, 0), position_max.value};
}

/// SHORT_NOT_ALLOWED when a sell and the open sells could sell more than is held. What open buys
/// may bring is not counted. Usage is what would be sold, limit what is held.
inline risk_result check_short(const order_intent& order, const symbol_exposure& exposure) {
  if (order.direction != side::sell) return {};
  auto sold = int128{order.volume.value} + exposure.open_sells.value;
  auto held = std::max<int128>(exposure.position.value, 0);
  return {detail::outcome_of(sold <= held, verdict::short_not_allowed), sold, held};
}

/// ORDER_VALUE_EXCEEDED when |price| x volume x multiplier is above `order_value_max`, `limit` of
/// the order being the judged price. Precondition: check_validity passed.
risk_result check_order_value(const order_intent& order, std::int64_t multiplier,
                              money order_value_max);
/// The same for a value that is known, or has overflowed.
inline risk_result check_order_value(std::optional<money> value, money order_value_max) {
  if (!value) return {verdict::order_value_exceeded, usage_overflow, order_value_max.value};
  auto magnitude = detail::magnitude(value->value); // far from the limits of 128 bits
  return {detail::outcome_of(magnitude <= order_value_max.value, verdict::order_value_exceeded),
          magnitude, order_value_max.value};
}

/// DAILY_LOSS_LIMIT when the loss since the trading day began has reached `daily_loss_max`: from
/// here on positions can only be closed, until a person decides.
inline risk_result check_daily_loss(money day_pnl, money daily_loss_max) {
  int128 loss = 0;
  if (day_pnl.value < 0 && __builtin_sub_overflow(int128{0}, day_pnl.value, &loss))
    return {verdict::daily_loss_limit, usage_overflow, daily_loss_max.value};
  return {detail::outcome_of(loss < daily_loss_max.value, verdict::daily_loss_limit), loss,
          daily_loss_max.value};
}

/// ORDER_COUNT_EXCEEDED when `orders_max` orders have been opened on the trading day. Usage and
/// limit are in 1e-8 of an order, like all quantities.
inline risk_result check_order_count(std::uint64_t orders_today, std::uint64_t orders_max) {
  return {detail::outcome_of(orders_today < orders_max, verdict::order_count_exceeded),
          detail::count_units(orders_today), detail::count_units(orders_max)};
}

/// ORDER_SIZE_EXCEEDED when the volume is above `order_size_max`.
inline risk_result check_order_size(quantity volume, quantity order_size_max) {
  return {detail::outcome_of(volume <= order_size_max, verdict::order_size_exceeded), volume.value,
          order_size_max.value};
}

/// PRICE_COLLAR_EXCEEDED when the judged price is worse than the reference by more than `ratio`
/// (1e-8) of it: above it for a buy, below it for a sell. The passive side is free. Near 0 the
/// ratio is of `base_min` in place of the reference's magnitude. Usage is the distance, limit the
/// widest one, rounded down; both are prices. Precondition: both prices are there.
inline risk_result check_price_collar(side direction, price judged, price reference,
                                      std::int64_t ratio, price base_min = {}) {
  assert(judged != no_price && reference != no_price && ratio >= 0);
  auto base = std::max(reference < price{} ? -reference : reference, base_min).value;
  auto above = int128{judged.value} - reference.value;
  auto distance = direction == side::buy ? above : -above;
  // The distance is whole, so that it may be compared with the limit rounded down. Whole units and
  // the rest apart, since most products then fit in 64 bits: 128-bit division is slow.
  auto rest = base % decimal_scale;
  std::int64_t product = 0;
  auto of_rest = __builtin_mul_overflow(ratio, rest, &product)
                     ? int128{ratio} * rest / decimal_scale
                     : int128{product / decimal_scale};
  auto widest = int128{ratio} * (base / decimal_scale) + of_rest;
  return {detail::outcome_of(distance <= widest, verdict::price_collar_exceeded),
          std::max<int128>(distance, 0), widest};
}

/// `rule` when `so_far` and one more are above `count_max`. For ORDER_RATE_EXCEEDED and
/// ORDERS_PER_DAY_EXCEEDED the one more is the order; for CANCEL_RATE_EXCEEDED and
/// CANCELS_PER_DAY_EXCEEDED it is the cancel that the order may come to need; for
/// BROKER_RATE_EXCEEDED, which counts orders, replaces and cancels, it is the order. So only orders
/// are ever refused: a cancel reduces risk, and no rate holds it back.
inline risk_result check_count(verdict rule, std::uint64_t so_far, std::uint64_t count_max) {
  return {detail::outcome_of(so_far < count_max, rule), detail::count_units(so_far) + decimal_scale,
          detail::count_units(count_max)};
}

/// DUPLICATE_ORDER when an order of the same account, strategy, symbol, side, type, price and
/// volume was sent less than `window` ago. Usage is what of the window is left, in seconds.
inline risk_result check_duplicate(std::optional<nanoseconds> since_same, nanoseconds window) {
  auto left = since_same && *since_same < window ? window - *since_same : nanoseconds{0};
  return {detail::outcome_of(left == nanoseconds{0}, verdict::duplicate_order),
          detail::seconds_of(left), detail::seconds_of(window)};
}

/// SELF_TRADE when the order could trade with an open order of its own account: a buy at or above
/// the lowest open sell, a sell at or below the highest open buy, a market order with any. Usage is
/// the judged price, limit that of the open order.
inline risk_result check_self_trade(const order_intent& order, price own_buy, price own_sell) {
  bool buys = order.direction == side::buy;
  auto own = buys ? own_sell : own_buy;
  auto judged = order.limit == no_price ? int128{0} : int128{order.limit.value};
  if (own == no_price) return {verdict::approved, judged, 0};
  bool crosses =
      order.type == order_type::market || (buys ? order.limit >= own : order.limit <= own);
  return {detail::outcome_of(!crosses, verdict::self_trade), judged, own.value};
}

/// GROSS_EXPOSURE_EXCEEDED or NET_EXPOSURE_EXCEEDED when the order makes the sum larger and it is
/// then above the limit, or too large to be told. Gross is the sum over symbols of the larger of
/// |position + open buys| and |position - open sells|, net the larger of |longs| and |shorts|;
/// `after` and `before` are with and without the order. One that does not add to the sum passes, so
/// that it can be brought down. check_order is stricter: past the gross limit only what closes
/// passes, past the net limit what hedges, too, but nothing that takes a position through flat.
inline risk_result check_gross_exposure(const exposure_sums& before, const exposure_sums& after,
                                        money gross_exposure_max) {
  bool passes = after.gross <= gross_exposure_max ||
                (after.gross <= before.gross && after.gross.value < detail::exposure_cap);
  return {detail::outcome_of(passes, verdict::gross_exposure_exceeded), after.gross.value,
          gross_exposure_max.value};
}
inline risk_result check_net_exposure(const exposure_sums& before, const exposure_sums& after,
                                      money net_exposure_max) {
  auto net = detail::net_of(after);
  bool passes = net <= net_exposure_max.value ||
                (net <= detail::net_of(before) && net < detail::exposure_cap);
  return {detail::outcome_of(passes, verdict::net_exposure_exceeded), net, net_exposure_max.value};
}

/// SYMBOL_RESTRICTED when a pattern of `restricted` fits, or none of `allowed`, where it has any.
risk_result check_symbol_lists(std::string_view symbol, const std::vector<std::string>& restricted,
                               const std::vector<std::string>& allowed);

/// OUTSIDE_SESSION unless the instrument's sessions are open now.
inline risk_result check_session(bool in_session) {
  return {detail::outcome_of(in_session, verdict::outside_session)};
}

/// TRADING_HALTED in state HALTED, where an order that flattens is judged as in state REDUCING.
/// TRADING_REDUCING in state REDUCING unless the whole volume
/// reduces the position when all open orders of the same side have filled before it. Usage is the
/// volume, limit what is left to reduce.
inline risk_result check_trading_mode(trading_mode mode, const order_intent& order,
                                      const symbol_exposure& exposure) {
  if (mode == trading_mode::active) return {};
  if (mode == trading_mode::halted && !order.flattens)
    return {verdict::trading_halted, order.volume.value, 0};
  auto left = detail::left_to_reduce(order, exposure);
  return {detail::outcome_of(order.volume.value <= left, verdict::trading_reducing),
          order.volume.value, left};
}

/// NOT_RECONCILED while our books and a broker's differ, or have not been compared yet.
inline risk_result check_reconciled(bool is_reconciled) {
  return {detail::outcome_of(is_reconciled, verdict::not_reconciled)};
}

/// STALE_MARKET_DATA when the symbol's last mark is older than `mark_age_max`, or there was none.
inline risk_result check_mark_age(std::optional<nanoseconds> age, nanoseconds mark_age_max) {
  if (!age) return {verdict::stale_market_data, usage_overflow, detail::seconds_of(mark_age_max)};
  return {detail::outcome_of(*age <= mark_age_max, verdict::stale_market_data),
          detail::seconds_of(*age), detail::seconds_of(mark_age_max)};
}

/// STALE_MARK when the symbol's last mark is older than `frozen_mark_max` of open session time, or
/// there was none, and the order does not just bring the position nearer to flat: what it adds to
/// is valued at a price that may be gone.
inline risk_result check_frozen_mark(const order_intent& order, const symbol_exposure& exposure,
                                     std::optional<nanoseconds> open_age,
                                     nanoseconds frozen_mark_max) {
  auto limit = detail::seconds_of(frozen_mark_max);
  auto usage = open_age ? detail::seconds_of(*open_age) : usage_overflow;
  bool passes = (open_age && *open_age <= frozen_mark_max) ||
                order.volume.value <= detail::left_to_reduce(order, exposure);
  return {detail::outcome_of(passes, verdict::stale_mark), usage, limit};
}

/// EXPIRED when the signal is older than `signal_age_max`; 0 is no limit.
inline risk_result check_signal_age(nanoseconds age, nanoseconds signal_age_max) {
  bool passes = signal_age_max == nanoseconds{0} || age <= signal_age_max;
  return {detail::outcome_of(passes, verdict::expired), detail::seconds_of(age),
          detail::seconds_of(signal_age_max)};
}

/// quantity (1e-8) x price x multiplier as money, rounded down and held between -2^100 and 2^100,
/// which lies far beyond any limit: sums of such values neither overflow nor pass.
int128 exposure_value(int128 held, price at, std::int64_t multiplier);
/// The same of a sum of price x quantity in 1e-16.
int128 scale_value(int128 sum, std::int64_t multiplier);

/// The sums with `order` open in full, `exposure` being what of the symbol they hold now.
exposure_sums sums_with(const exposure_sums& sums, const order_intent& order,
                        const symbol_exposure& exposure, price valued_at, std::int64_t multiplier);

} // namespace tickmesh
