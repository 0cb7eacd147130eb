#include "apps/settings/configuration_hash.hpp"

#include "actors/market/cleaning/tick_cleaner.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <optional>
#include <type_traits>

namespace tickmesh {

namespace {

template <class T>
std::string text_of(const std::optional<T>& limit) {
  if (!limit) return "-";
  if constexpr (std::is_same_v<T, nanoseconds>)
    return fmt::format("{}", limit->count());
  else if constexpr (std::is_integral_v<T>)
    return fmt::format("{}", *limit);
  else
    return format_decimal(limit->value);
}

std::string text_of(const limit_scope& scope) {
  auto& l = scope.limits;
  auto out = format_scope(scope);
  auto add = [&out](const auto&... limits) { ((out += '|' + text_of(limits)), ...); };
  add(l.position_max, l.order_value_max, l.daily_loss_max, l.orders_max, l.order_size_max,
      l.collar_ratio, l.orders_per_second_max, l.orders_per_day_max, l.cancels_per_second_max,
      l.cancels_per_day_max, l.duplicate_window, l.gross_exposure_max, l.net_exposure_max,
      l.mark_age_max, l.frozen_mark_max, l.signal_age_max);
  return out + fmt::format("|{}|{}|{}|{}", l.refuse_self_trade, l.in_session_only,
                           fmt::join(l.symbols_restricted, ","), fmt::join(l.symbols_allowed, ","));
}

} // namespace

std::uint64_t configuration_hash(const settings& config) {
  std::string text;
  auto add = [&](auto... values) { ((text += fmt::format("{}|", values)), ...); };
  // Of each list the number, too: what follows it must not read as one more entry.
  auto add_sessions = [&](const std::vector<trading_session>& sessions) {
    add(sessions.size());
    for (auto& session : sessions)
      add(session.from.count(), session.until.count(), session.weekdays);
  };
  auto& cleaning = config.cleaning;
  add(cleaning.price_max.value, cleaning.spread_max, cleaning.jump_band,
      cleaning.jump_confirm_count, cleaning.duplicate_horizon);
  for (auto& s : config.strategies) {
    add(s.name, static_cast<int>(s.mode), s.period, s.width, static_cast<int>(s.emit),
        s.volume.value, s.window.count(), s.step.count());
    for (auto& pattern : s.symbols)
      add(pattern);
  }
  auto& execution = config.execution;
  for (auto& scope : execution.all_limits())
    add(text_of(scope));
  add(execution.account, execution.currency, execution.programme_rate_reported,
      execution.frozen_mark_alarm.count(), static_cast<int>(execution.broker),
      static_cast<int>(execution.sequencer), execution.mark_interval.count(),
      execution.order_lifetime.count(), execution.report_timeout.count(),
      static_cast<int>(execution.order_time_in_force), execution.primary_broker,
      execution.backup_broker, execution.failover_threshold,
      execution.broker_probe_interval.count(), execution.reconcile_interval.count(),
      execution.clock_interval.count());
  auto brokers = execution.all_brokers();
  add(brokers.size());
  for (auto& b : brokers)
    add(b.name, static_cast<int>(b.kind), b.sim.seed, b.sim.delay.count(), b.sim.reject_share,
        b.sim.lost_ack_share, b.sim.unavailable_share, b.cancel_on_disconnect,
        b.orders_per_second_max.value_or(0), b.has_replace);
  for (auto& i : config.instruments.entries()) {
    add(i.pattern, i.exchange, i.currency, i.multiplier, i.price_tick.value, i.quantity_step.value,
        i.time_zone, static_cast<int>(i.price_from), static_cast<int>(i.positions), i.close_today);
    for (auto& fee : {i.fees.open, i.fees.close, i.fees.close_today})
      add(fee.ratio, fee.amount);
    add(i.short_allowed, static_cast<int>(i.decimals));
    auto limits = limits_of(&i, config.cleaning);
    add(limits.price_min.value, limits.price_max.value, limits.spread_max, limits.jump_band,
        limits.jump_confirm_count, limits.ratio_base_min.value);
    add_sessions(i.sessions);
    if (!i.calendar) continue;
    add(i.calendar->name, i.calendar->weekdays, static_cast<int>(i.calendar->nights),
        i.calendar->day_change.value_or(std::chrono::minutes{-1}).count());
    for (auto* days : {&i.calendar->holidays, &i.calendar->open_days}) {
      add(days->size());
      for (auto& day : *days)
        add(day.time_since_epoch().count());
    }
    add(i.calendar->special_days.size());
    for (auto& [day, sessions] : i.calendar->special_days) {
      add(day.time_since_epoch().count());
      add_sessions(sessions);
    }
  }
  return XXH3_64bits(text.data(), text.size());
}

} // namespace tickmesh
