#include "actors/execution/risk/risk_facts_book.hpp"

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// By symbol. Kept apart from the instruments, which are large: it is asked for at every report.
std::vector<bool> have_days(const trading_universe& universe) {
  std::vector<bool> out;
  for (auto& traded : universe.instruments)
    out.push_back(traded && !traded->sessions.empty() && traded->calendar);
  return out;
}

} // namespace

order_intent intent_of(const order_request& request, bool flattens, bool shrinks) {
  return {request.direction, request.limit, request.volume, request.type, flattens, shrinks};
}

std::vector<std::int64_t> multipliers_of(const trading_universe& universe) {
  std::vector<std::int64_t> multipliers;
  multipliers.reserve(universe.instruments.size());
  for (auto& i : universe.instruments)
    multipliers.push_back(i ? i->multiplier : 0);
  return multipliers;
}

risk_facts_book::risk_facts_book(risk_facts_settings settings, const trading_universe& universe)
    : account_(std::move(settings.account)), currency_(std::move(settings.currency)),
      limits_(std::move(settings.limits), account_, universe.strategies, universe.symbols),
      exposures_(multipliers_of(universe), universe.strategies.size()),
      programme_(settings.programme_rate_reported), strategy_rates_(universe.strategies.size() + 1),
      symbol_rates_(universe.symbols.size()), has_days_(have_days(universe)),
      sessions_(universe.symbols.size()), frozen_mark_alarm_(settings.frozen_mark_alarm),
      is_listed_held_(universe.symbols.size()), is_listed_frozen_(universe.symbols.size()) {
  exposures_.follow_strategies(limits_.limits_strategy_sums());
}

void risk_facts_book::apply_fill(const position_fill& fill, money fee) {
  exposures_.apply_fill(fill, fee);
  list_held(fill.symbol);
}

void risk_facts_book::accept(symbol_id symbol, quantity change) {
  exposures_.accept(symbol, change);
  list_held(symbol);
}

void risk_facts_book::list_held(symbol_id symbol) {
  if (is_listed_held_[symbol.value]) return;
  is_listed_held_[symbol.value] = true;
  held_.push_back(symbol);
}

void risk_facts_book::note_order(const order_request& request, timestamp t) {
  auto day = exposures_.trading_day();
  note(request, [t, day](auto& counter) { counter.add_order(t, day); });
  recent_.add(request, t);
}

void risk_facts_book::note_cancel(const order_request& request, timestamp t) {
  auto day = exposures_.trading_day();
  note(request, [t, day](auto& counter) { counter.add_cancel(t, day); });
}

risk_facts risk_facts_book::facts(const order_request& request, const risk_surroundings& around,
                                  const trading_universe& universe, detail wanted) {
  auto symbol = request.symbol;
  auto strategy = request.strategy;
  auto day = exposures_.trading_day();
  auto& traded = universe.instruments[symbol.value];
  risk_facts out;
  out.account_currency = currency_;
  out.traded = traded ? &*traded : nullptr;
  out.symbol = universe.symbols[symbol.value];
  out.account = {exposures_.exposure(symbol), around.day_pnl, exposures_.account_sums(),
                 account_rates_.usage(around.now, day)};
  out.strategy.exposure = exposures_.exposure(symbol, strategy);
  out.strategy.rates = strategy_rates_[slot_of(strategy)].usage(around.now, day);
  if (wanted == detail::all || limits_.limits_strategy_sums()) {
    out.strategy.day_pnl = exposures_.strategy_day_pnl(strategy);
    out.strategy.sums = exposures_.strategy_sums(strategy);
  }
  out.of_symbol = {out.account.exposure, exposures_.symbol_day_pnl(symbol),
                   exposures_.symbol_sums(symbol),
                   symbol_rates_[symbol.value].usage(around.now, day)};
  out.orders_today = around.orders_today;
  out.in_session = is_in_session(symbol, around.now, universe);
  out.market = exposures_.market(symbol, around.now);
  if (out.market.age) out.market.open_age = open_age(symbol, around.now, *out.market.age);
  out.valued_at = exposures_.valued_at(symbol);
  out.own_buy = around.open.best_buy(symbol);
  out.own_sell = around.open.best_sell(symbol);
  out.since_same = recent_.since_same(request, around.now);
  out.mode = mode_;
  out.is_reconciled = around.is_reconciled;
  out.broker = around.broker;
  out.signal_age = std::max(around.now - around.signal_time, nanoseconds{0});
  return out;
}

risk_result risk_facts_book::check(const order_request& request, const risk_surroundings& around,
                                   const trading_universe& universe) {
  return check_order(intent_of(request, around.flattens, around.shrinks),
                     facts(request, around, universe, detail::as_limited),
                     limits_.of(request.strategy, request.symbol));
}

risk_report risk_facts_book::report(const order_request& request, const risk_surroundings& around,
                                    const trading_universe& universe) {
  return report_order(intent_of(request, around.flattens, around.shrinks),
                      facts(request, around, universe),
                      limits_.of(request.strategy, request.symbol));
}

void risk_facts_book::change_limits(std::vector<limit_scope> limits,
                                    const trading_universe& universe) {
  limits_ = limit_table{std::move(limits), account_, universe.strategies, universe.symbols};
  exposures_.follow_strategies(limits_.limits_strategy_sums());
}

std::optional<std::int32_t> risk_facts_book::trading_day_of(symbol_id symbol, timestamp t,
                                                            const trading_universe& universe) {
  if (!has_days_[symbol.value]) return std::nullopt;
  auto* calendar = calendar_of(symbol, universe);
  return calendar != nullptr ? calendar->trading_day_of(t) : std::nullopt;
}

/// Null where the system does not know the time zone. Precondition: the symbol has sessions.
session_calendar* risk_facts_book::calendar_of(symbol_id symbol, const trading_universe& universe) {
  auto& known = sessions_[symbol.value];
  if (!known.calendar) {
    auto made = session_calendar::make(*universe.instruments[symbol.value]);
    if (!made) return nullptr;
    known.calendar.emplace(std::move(*made));
  }
  return &*known.calendar;
}

void risk_facts_book::configure(risk_facts_settings settings, const trading_universe& universe) {
  auto symbols = universe.symbols.size();
  account_ = std::move(settings.account);
  currency_ = std::move(settings.currency);
  exposures_.grow(symbols, universe.strategies.size());
  for (std::uint32_t i = 0; i < symbols; ++i)
    if (auto& traded = universe.instruments[i])
      exposures_.change_multiplier(symbol_id{i}, traded->multiplier);
  programme_.change_rate_reported(settings.programme_rate_reported);
  strategy_rates_.resize(universe.strategies.size() + 1);
  symbol_rates_.resize(symbols);
  has_days_ = have_days(universe);
  sessions_.assign(symbols, {});
  is_listed_held_.resize(symbols);
  is_listed_frozen_.resize(symbols);
  frozen_mark_alarm_ = settings.frozen_mark_alarm;
  judges_marks_at_ = {};
  change_limits(std::move(settings.limits), universe);
}

/// A time zone that the system does not know has no session: in doubt nothing is traded.
bool risk_facts_book::is_in_session(symbol_id symbol, timestamp t,
                                    const trading_universe& universe) {
  auto& known = sessions_[symbol.value];
  if (t >= known.since && t < known.phase.until) return known.phase.is_open;
  auto& traded = universe.instruments[symbol.value];
  if (!traded) return true; // refused as INVALID_ORDER
  if (traded->sessions.empty()) {
    known.phase = {}; // always open
    known.since = t;
    return true;
  }
  auto* calendar = calendar_of(symbol, universe);
  if (calendar == nullptr) return false;
  known.phase = calendar->phase_at(t);
  known.since = t;
  return known.phase.is_open;
}

/// What of the time before `t` was open. Precondition: is_in_session() was asked about `t`.
nanoseconds risk_facts_book::open_age(symbol_id symbol, timestamp t, nanoseconds age) {
  auto& known = sessions_[symbol.value];
  if (!known.calendar) return age; // always open, or never: in doubt the mark is old
  if (known.phase.is_open && t - age >= known.since) return age;
  return known.calendar->open_time(t - age, t);
}

/// At whole seconds, so that what is found does not depend on how events come in batches.
void risk_facts_book::judge_marks(timestamp t, const trading_universe& universe) {
  constexpr nanoseconds period{std::chrono::seconds{1}};
  auto now = last_multiple(t, period);
  judges_marks_at_ = frozen_mark_alarm_ > nanoseconds{0} ? now + period : end_of_time;
  if (frozen_mark_alarm_ <= nanoseconds{0}) return;
  auto is_flat = [this](symbol_id s) { return exposures_.exposure(s).position == quantity{}; };
  auto is_young = [this, now](symbol_id s) {
    return exposures_.market(s, now).age.value_or(nanoseconds{0}) < frozen_mark_alarm_;
  };
  auto drop = [](std::vector<symbol_id>& list, std::vector<bool>& is_listed, auto is_over) {
    std::erase_if(list, [&](symbol_id s) {
      if (!is_over(s)) return false;
      is_listed[s.value] = false;
      return true;
    });
  };
  drop(frozen_.now, is_listed_frozen_, [&](symbol_id s) { return is_flat(s) || is_young(s); });
  drop(held_, is_listed_held_, is_flat);
  for (auto symbol : held_) {
    if (is_listed_frozen_[symbol.value] || is_young(symbol)) continue;
    if (!is_in_session(symbol, now, universe)) continue;
    auto age = exposures_.market(symbol, now).age;
    if (!age || open_age(symbol, now, *age) < frozen_mark_alarm_) continue;
    is_listed_frozen_[symbol.value] = true;
    frozen_.now.push_back(symbol);
    ++frozen_.alarms;
  }
}

template <class Note>
void risk_facts_book::note(const order_request& request, Note note) {
  note(account_rates_);
  note(strategy_rates_[slot_of(request.strategy)]);
  note(symbol_rates_[request.symbol.value]);
  note(programme_);
}

} // namespace tickmesh
