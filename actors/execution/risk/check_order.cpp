#include "actors/execution/risk/check_order.hpp"

#include "actors/execution/risk/risk_waivers.hpp"

#include <optional>
#include <span>

namespace tickmesh {

namespace {

/// The rules in their order. `visit` is given each result with the verdict of its failure, and
/// stops the walk by returning false.
template <class Visit>
class rule_walk {
public:
  rule_walk(const order_intent& order, const risk_facts& facts, const applied_limits& limits,
            Visit& visit)
      : order_(order), facts_(facts), limits_(limits), visit_(visit) {
    order_.limit = judged_price(order, facts.market);
    reference_ = reference_price(facts.market);
  }

  bool run(const order_intent& as_given) {
    return signal_age() && validity(as_given) && amounts() && rates() && repeats() && exposures() &&
           permissions() && market();
  }

private:
  using limits_type = const risk_limits&;
  using facts_type = const scope_facts&;

  struct exposure_change {
    std::optional<exposure_sums> by_order{};
    symbol_exposure share{};
  };

  /// `visit` is given the result of `check(limits, facts of the scope)` for each scope whose limits
  /// `is_set` finds to say something.
  template <class IsSet, class Check>
  bool each(verdict rule, IsSet is_set, Check check) {
    for (auto& group : limits_)
      for (auto& applied : group) {
        if (!is_set(*applied.limits)) continue;
        auto& facts = facts_.of(applied.kind);
        risk_result result = check(*applied.limits, facts);
        result.scope = applied.scope;
        if (!judge(rule, result, facts)) return false;
      }
    return true;
  }

  /// The same for limits that are optional and compared by `check(limit, facts of the scope)`.
  template <class T, class Check>
  bool each(verdict rule, std::optional<T> risk_limits::*member, Check check) {
    return each(
        rule, [member](limits_type l) { return (l.*member).has_value(); },
        [member, &check](limits_type l, facts_type f) { return check(*(l.*member), f); });
  }

  /// Tells `visit` the result, and that the rule is passed where what has failed is waived.
  bool judge(verdict rule, risk_result result, facts_type f) {
    if (result.outcome != verdict::approved && is_waived(rule, f))
      result.outcome = verdict::approved;
    return visit_(rule, result);
  }

  /// Whether the order is one of those that the rule does not hold back.
  [[gnu::noinline]] bool is_waived(verdict rule, facts_type f) const {
    auto& waiver = waiver_of(rule);
    return (waiver.flattening && order_.flattens) || (waiver.shrinking && order_.shrinks) ||
           (waiver.closing && is_closing(order_, f.exposure));
  }

  bool signal_age() {
    return each(
        verdict::expired, &risk_limits::signal_age_max,
        [this](nanoseconds max, facts_type) { return check_signal_age(facts_.signal_age, max); });
  }

  bool validity(const order_intent& as_given) {
    if (!facts_.traded) {
      visit_(verdict::invalid_order, {verdict::invalid_order});
      return false;
    }
    auto currency = check_currency(facts_.account_currency, facts_.traded->currency);
    if (!visit_(verdict::currency_mismatch, currency) || currency.outcome != verdict::approved)
      return false;
    auto valid = check_validity(as_given, *facts_.traded);
    return visit_(verdict::invalid_order, valid) && valid.outcome == verdict::approved;
  }

  bool amounts() {
    return each(verdict::position_limit_exceeded, &risk_limits::position_max,
                [this](quantity max, facts_type f) {
                  return check_position(order_, f.exposure, max);
                }) &&
           (facts_.traded->short_allowed ||
            judge(verdict::short_not_allowed, check_short(order_, facts_.account.exposure),
                  facts_.account)) &&
           (!has_price() ||
            each(verdict::order_value_exceeded, &risk_limits::order_value_max,
                 [this](money max, facts_type) { return check_order_value(value(), max); })) &&
           each(verdict::daily_loss_limit, &risk_limits::daily_loss_max,
                [](money max, facts_type f) { return check_daily_loss(f.day_pnl, max); }) &&
           each(verdict::order_count_exceeded, &risk_limits::orders_max,
                [this](std::uint64_t max, facts_type) {
                  return check_order_count(facts_.orders_today, max);
                }) &&
           each(
               verdict::order_size_exceeded, &risk_limits::order_size_max,
               [this](quantity max, facts_type) { return check_order_size(order_.volume, max); }) &&
           (!has_price() || reference_ == no_price ||
            each(verdict::price_collar_exceeded, &risk_limits::collar_ratio,
                 [this](std::int64_t ratio, facts_type) {
                   return check_price_collar(order_.direction, order_.limit, reference_, ratio,
                                             facts_.traded->limits.ratio_base_min);
                 }));
  }

  template <class T>
  bool counts(verdict rule, std::optional<T> risk_limits::*member,
              std::uint64_t rate_usage::*so_far) {
    return each(rule, member,
                [&](T max, facts_type f) { return check_count(rule, f.rates.*so_far, max); });
  }

  bool rates() {
    return counts(verdict::order_rate_exceeded, &risk_limits::orders_per_second_max,
                  &rate_usage::orders_in_second) &&
           counts(verdict::order_day_exceeded, &risk_limits::orders_per_day_max,
                  &rate_usage::orders_today) &&
           counts(verdict::cancel_rate_exceeded, &risk_limits::cancels_per_second_max,
                  &rate_usage::cancels_in_second) &&
           counts(verdict::cancel_day_exceeded, &risk_limits::cancels_per_day_max,
                  &rate_usage::cancels_today) &&
           broker_rate_holds();
  }

  /// Of no scope: the limit is the broker's own.
  bool broker_rate_holds() {
    constexpr auto rule = verdict::broker_rate_exceeded;
    auto& [per_second_max, in_second] = facts_.broker;
    return !per_second_max || visit_(rule, check_count(rule, in_second, *per_second_max));
  }

  bool repeats() {
    return each(verdict::duplicate_order, &risk_limits::duplicate_window,
                [this](nanoseconds window, facts_type) {
                  return check_duplicate(facts_.since_same, window);
                }) &&
           each(
               verdict::self_trade, [](limits_type l) { return l.refuse_self_trade; },
               [this](limits_type, facts_type) {
                 return check_self_trade(order_, facts_.own_buy, facts_.own_sell);
               });
  }

  bool exposures() {
    if (order_.limit == no_price && facts_.valued_at == no_price) return true; // no value: stale
    return each(verdict::gross_exposure_exceeded, &risk_limits::gross_exposure_max,
                [this](money max, facts_type f) {
                  return check_gross_exposure({}, with_order(f), max); // above it only what closes
                }) &&
           each(verdict::net_exposure_exceeded, &risk_limits::net_exposure_max,
                [this](money max, facts_type f) {
                  auto after = with_order(f);
                  return check_net_exposure(net_before(f, after, max), after, max);
                });
  }

  /// What the order may reach though it is above the limit: a hedge does not add to the net sum,
  /// and passes. Neither need an order that takes a position through flat, but it opens; nor one
  /// that takes the whole sum beyond the limit on its own side, where the other is beyond it.
  const exposure_sums& net_before(facts_type f, const exposure_sums& after, money max) const {
    static constexpr exposure_sums nothing{};
    auto own_side = order_.direction == side::buy ? after.longs.value : -after.shorts.value;
    bool is_above = detail::net_of(f.sums) > max.value;
    bool opens = own_side > max.value || is_turning(order_, f.exposure);
    return is_above && opens ? nothing : f.sums;
  }

  /// Scopes with the same share of the symbol change by the same amounts. A strategy has its own
  /// share, the others most often have the same.
  exposure_sums with_order(facts_type f) {
    auto& change = &f == &facts_.strategy ? change_of_strategy_ : change_of_all_;
    if (!change.by_order || change.share != f.exposure)
      change = {sums_with({}, order_, f.exposure, facts_.valued_at, facts_.traded->multiplier),
                f.exposure};
    auto& by = *change.by_order;
    return {f.sums.longs + by.longs, f.sums.shorts + by.shorts, f.sums.gross + by.gross};
  }

  bool permissions() {
    return each(
               verdict::symbol_restricted,
               [](limits_type l) {
                 return !l.symbols_restricted.empty() || !l.symbols_allowed.empty();
               },
               [this](limits_type l, facts_type) {
                 return check_symbol_lists(facts_.symbol, l.symbols_restricted, l.symbols_allowed);
               }) &&
           each(
               verdict::outside_session, [](limits_type l) { return l.in_session_only; },
               [this](limits_type, facts_type) { return check_session(facts_.in_session); }) &&
           judge(facts_.mode == trading_mode::reducing ? verdict::trading_reducing
                                                       : verdict::trading_halted,
                 check_trading_mode(facts_.mode, order_, facts_.account.exposure),
                 facts_.account) &&
           judge(verdict::not_reconciled, check_reconciled(facts_.is_reconciled), facts_.account);
  }

  /// Marks that are too old, and prices without which other rules could not decide.
  bool market() {
    if (!has_price() &&
        !visit_(verdict::stale_market_data, {verdict::stale_market_data, usage_overflow, 0}))
      return false;
    auto lacks_reference = [this](limits_type l) {
      return l.collar_ratio && reference_ == no_price;
    };
    return each(
               verdict::stale_market_data,
               [&](limits_type l) { return l.mark_age_max || lacks_reference(l); },
               [&](limits_type l, facts_type) {
                 if (lacks_reference(l))
                   return risk_result{verdict::stale_market_data, usage_overflow, 0};
                 return check_mark_age(facts_.market.age, *l.mark_age_max);
               }) &&
           each(verdict::stale_mark, &risk_limits::frozen_mark_max,
                [this](nanoseconds max, facts_type f) {
                  return check_frozen_mark(order_, f.exposure, facts_.market.open_age, max);
                });
  }

  /// The same for every scope.
  std::optional<money> value() {
    if (!is_valued_) value_ = order_value(order_.limit, order_.volume, facts_.traded->multiplier);
    is_valued_ = true;
    return value_;
  }

  bool has_price() const { return order_.limit != no_price; }

  order_intent order_; // with the judged price
  const risk_facts& facts_;
  const applied_limits& limits_;
  Visit& visit_;
  price reference_ = no_price;
  bool is_valued_ = false;
  std::optional<money> value_{};
  exposure_change change_of_all_;
  exposure_change change_of_strategy_;
};

} // namespace

risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const applied_limits& limits) {
  risk_result out;
  bool has_position = false;
  auto stop_at_failure = [&](verdict rule, const risk_result& result) {
    bool is_first_position = rule == verdict::position_limit_exceeded && !has_position;
    bool passed = result.outcome == verdict::approved;
    if (is_first_position || !passed) out = result;
    has_position = has_position || is_first_position;
    return passed;
  };
  rule_walk walk{order, facts, limits, stop_at_failure};
  walk.run(order);
  return out;
}

risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const risk_limits& limits) {
  applied_limit global{&limits, scope_kind::global, 0};
  return check_order(order, facts, applied_limits{std::span{&global, 1}, {}, {}});
}

std::string refusing_scope(const risk_result& risk, const limit_table& limits) {
  bool has_scope = risk.outcome >= verdict::position_limit_exceeded;
  // What was decided by other limits may name a scope that is gone.
  has_scope = has_scope && risk.scope < limits.scopes().size();
  return has_scope ? format_scope(limits.scopes()[risk.scope]) : std::string{};
}

risk_report report_order(const order_intent& order, const risk_facts& facts,
                         const applied_limits& limits) {
  risk_report out;
  auto note = [&out](verdict rule, const risk_result& result) {
    out.push_back(
        {rule, result.scope, result.usage, result.limit, result.outcome == verdict::approved});
    return true;
  };
  rule_walk walk{order, facts, limits, note};
  walk.run(order);
  return out;
}

} // namespace tickmesh
