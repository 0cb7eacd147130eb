#include "actors/execution/configuration/configuration_codec.hpp"

#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/values/value_checker.hpp"
#include "messages/proto/journal.pb.h"

#include <limits>
#include <map>
#include <utility>

namespace tickmesh {

namespace {

/// What held before configurations said it: a journal that does not say is of these.
constexpr std::uint32_t status_queries_untold = 10;
constexpr std::uint32_t cancel_requests_untold = 3;

// What is written names every member of its type, and does not compile when one is added: whoever
// adds a setting says here whether decisions depend on it.

void write(const trading_session& from, wire::TradingSession& out) {
  auto& [begin, end, weekdays] = from;
  out.set_from_minutes(static_cast<std::int32_t>(begin.count()));
  out.set_until_minutes(static_cast<std::int32_t>(end.count()));
  out.set_weekdays(weekdays);
}

std::int32_t day_number(std::chrono::sys_days day) {
  return static_cast<std::int32_t>(day.time_since_epoch().count());
}

void write(const trading_calendar& from, wire::TradingCalendar& out) {
  auto& [name, weekdays, holidays, open_days, special_days, nights, day_change] = from;
  out.set_name(name);
  out.set_weekdays(weekdays);
  for (auto& day : holidays)
    out.add_holidays(day_number(day));
  for (auto& day : open_days)
    out.add_open_days(day_number(day));
  for (auto& [day, sessions] : special_days) {
    auto& special = *out.add_special_days();
    special.set_day(day_number(day));
    for (auto& session : sessions)
      write(session, *special.add_sessions());
  }
  out.set_nights(static_cast<std::uint32_t>(nights));
  if (day_change) out.set_day_change_minutes(static_cast<std::int32_t>(day_change->count()));
}

void write(const fill_fee& from, wire::FillFee& out) {
  auto& [ratio, amount] = from;
  out.set_ratio(ratio);
  out.set_amount(amount);
}

/// Each value once: the places, from 1, of what was given.
class distinct_values {
public:
  std::uint32_t place_of(const std::string& bytes, const auto& add) {
    auto [known, is_new] =
        places_.try_emplace(bytes, static_cast<std::uint32_t>(places_.size() + 1));
    if (is_new) add();
    return known->second;
  }

private:
  std::map<std::string, std::uint32_t> places_;
};

/// Of cleaning, decisions look at price_min alone.
void write(const instrument& from, std::uint32_t calendar_place, wire::TradedInstrument& out) {
  auto& [pattern, exchange, currency, multiplier, price_tick, quantity_step, time_zone, price_from,
         sessions, calendar, fees, positions, close_today, short_allowed, limits, decimals] = from;
  out.set_pattern(pattern);
  out.set_exchange(exchange);
  out.set_currency(currency);
  out.set_multiplier(multiplier);
  out.set_price_tick(price_tick.value);
  out.set_quantity_step(quantity_step.value);
  out.set_time_zone(time_zone);
  out.set_price_from(static_cast<std::uint32_t>(price_from));
  for (auto& session : sessions)
    write(session, *out.add_sessions());
  out.set_calendar(calendar_place);
  auto& [open, close, fee_close_today] = fees;
  write(open, *out.mutable_open());
  write(close, *out.mutable_close());
  write(fee_close_today, *out.mutable_fee_close_today());
  out.set_positions(static_cast<std::uint32_t>(positions));
  out.set_close_today(close_today);
  out.set_short_allowed(short_allowed);
  out.set_price_min(limits.price_min.value);
}

void write(const broker_settings& from, wire::ConfiguredBroker& out) {
  auto& [name, kind, sim, cancel_on_disconnect, orders_per_second_max, is_gone, has_replace] = from;
  auto& [seed, delay, reject_share, lost_ack_share, unavailable_share] = sim;
  out.set_name(name);
  out.set_kind(static_cast<std::uint32_t>(kind));
  out.set_sim_seed(seed);
  out.set_sim_delay_ns(delay.count());
  out.set_sim_reject_share(reject_share);
  out.set_sim_lost_ack_share(lost_ack_share);
  out.set_sim_unavailable_share(unavailable_share);
  out.set_cancel_on_disconnect(cancel_on_disconnect);
  if (orders_per_second_max) out.set_orders_per_second_max(*orders_per_second_max);
  out.set_is_gone(is_gone);
  out.set_has_no_replace(!has_replace);
}

void write(const execution_settings& from, wire::SlotConfigured& out) {
  auto& [account, currency, limits, limit_scopes, programme_rate_reported, frozen_mark_alarm,
         order_lifetime, report_timeout, order_time_in_force, status_queries_max,
         cancel_requests_max, broker, sequencer, mark_interval, sim, brokers, primary_broker,
         backup_broker, failover_threshold, broker_probe_interval, reconcile_interval,
         clock_interval, operator_commands_max, journal, ledger] = from;
  // Limits and brokers are those of all_limits and all_brokers. Nothing is decided by how often
  // marks come and the clock is looked at, nor by how journal and ledger are kept. A command that
  // is refused for want of room is none of the log.
  out.set_account(account);
  out.set_currency(currency);
  for (auto& scope : from.all_limits())
    write_limit_scope(scope, *out.add_limits());
  out.set_programme_rate_reported(programme_rate_reported);
  out.set_frozen_mark_alarm_ns(frozen_mark_alarm.count());
  out.set_order_lifetime_ns(order_lifetime.count());
  out.set_report_timeout_ns(report_timeout.count());
  out.set_order_time_in_force(static_cast<std::uint32_t>(order_time_in_force));
  out.set_sequencer(static_cast<std::uint32_t>(sequencer));
  for (auto& one : from.all_brokers())
    write(one, *out.add_brokers());
  out.set_primary_broker(primary_broker);
  out.set_backup_broker(backup_broker);
  out.set_failover_threshold(failover_threshold);
  out.set_broker_probe_interval_ns(broker_probe_interval.count());
  out.set_reconcile_interval_ns(reconcile_interval.count());
  if (status_queries_max != status_queries_untold) out.set_status_queries_max(status_queries_max);
  if (cancel_requests_max != cancel_requests_untold)
    out.set_cancel_requests_max(cancel_requests_max);
}

trading_session read(const wire::TradingSession& from, value_checker& values) {
  return {.from = std::chrono::minutes{from.from_minutes()},
          .until = std::chrono::minutes{from.until_minutes()},
          .weekdays = values.number<weekday_set>(from.weekdays(), "set of weekdays")};
}

std::chrono::sys_days day_of(std::int32_t number) {
  return std::chrono::sys_days{std::chrono::days{number}};
}

trading_calendar read(const wire::TradingCalendar& from, value_checker& values) {
  trading_calendar out{.name = from.name(),
                       .weekdays = values.number<weekday_set>(from.weekdays(), "set of weekdays"),
                       .holidays = {},
                       .open_days = {},
                       .special_days = {},
                       .nights = values.enumerator<night_rule>(from.nights(), "rule of nights")};
  for (auto day : from.holidays())
    out.holidays.insert(day_of(day));
  for (auto day : from.open_days())
    out.open_days.insert(day_of(day));
  for (auto& special : from.special_days())
    for (auto& session : special.sessions())
      out.special_days[day_of(special.day())].push_back(read(session, values));
  for (auto& special : from.special_days())
    out.special_days[day_of(special.day())]; // one without sessions, too
  if (from.has_day_change_minutes())
    out.day_change = std::chrono::minutes{from.day_change_minutes()};
  return out;
}

fill_fee read(const wire::FillFee& from) {
  return {from.ratio(), from.amount()};
}

using calendars = std::vector<std::shared_ptr<const trading_calendar>>;

result<instrument> read(const wire::TradedInstrument& from, const calendars& known,
                        value_checker& values) {
  instrument out{.pattern = from.pattern(),
                 .exchange = from.exchange(),
                 .currency = from.currency(),
                 .multiplier = from.multiplier(),
                 .price_tick = price{from.price_tick()},
                 .quantity_step = quantity{from.quantity_step()},
                 .time_zone = from.time_zone(),
                 .price_from = values.enumerator<price_source>(from.price_from(), "price source")};
  for (auto& session : from.sessions())
    out.sessions.push_back(read(session, values));
  if (from.calendar() > known.size())
    return fail("an instrument with a calendar that is not there");
  if (from.calendar() > 0) out.calendar = known[from.calendar() - 1];
  out.fees = {read(from.open()), read(from.close()), read(from.fee_close_today())};
  out.positions = values.enumerator<position_model>(from.positions(), "position model");
  out.close_today = from.close_today();
  out.short_allowed = from.short_allowed();
  out.limits.price_min = price{from.price_min()};
  if (out.multiplier <= 0 || out.price_tick.value <= 0 || out.quantity_step.value <= 0)
    return fail("an instrument whose multiplier, tick or step is not above 0");
  return out;
}

result<broker_settings> read(const wire::ConfiguredBroker& from, value_checker& values) {
  broker_settings out{.name = from.name(),
                      .kind = values.enumerator<broker_kind>(from.kind(), "kind of broker"),
                      .sim = {.seed = from.sim_seed(),
                              .delay = nanoseconds{from.sim_delay_ns()},
                              .reject_share = from.sim_reject_share(),
                              .lost_ack_share = from.sim_lost_ack_share(),
                              .unavailable_share = from.sim_unavailable_share()},
                      .cancel_on_disconnect = from.cancel_on_disconnect(),
                      .orders_per_second_max = {},
                      .is_gone = from.is_gone(),
                      .has_replace = !from.has_no_replace()};
  if (from.has_orders_per_second_max()) out.orders_per_second_max = from.orders_per_second_max();
  if (out.sim.delay < std::chrono::microseconds{1}) return fail("a broker with a delay below 1 us");
  return out;
}

template <class Scopes>
result<std::vector<limit_scope>> read_scopes(const Scopes& from) {
  std::vector<limit_scope> out;
  for (auto& entry : from) {
    auto scope = read_limit_scope(entry);
    if (!scope) return tl::make_unexpected(scope.error());
    out.push_back(std::move(*scope));
  }
  if (auto checked = check_limits(out); !checked) return tl::make_unexpected(checked.error());
  return out;
}

result<void> read_settings(const wire::SlotConfigured& from, value_checker& values,
                           execution_settings& out) {
  auto limits = read_scopes(from.limits());
  if (!limits) return tl::make_unexpected(limits.error());
  out.account = from.account();
  out.currency = from.currency();
  out.limits = limits->front().limits;
  out.limit_scopes.assign(limits->begin() + 1, limits->end());
  out.programme_rate_reported = from.programme_rate_reported();
  out.frozen_mark_alarm = nanoseconds{from.frozen_mark_alarm_ns()};
  out.order_lifetime = nanoseconds{from.order_lifetime_ns()};
  out.report_timeout = nanoseconds{from.report_timeout_ns()};
  out.order_time_in_force =
      values.enumerator<time_in_force>(from.order_time_in_force(), "time in force");
  out.sequencer = values.enumerator<input_order>(from.sequencer(), "order of inputs");
  for (auto& entry : from.brokers()) {
    auto broker = read(entry, values);
    if (!broker) return tl::make_unexpected(broker.error());
    out.brokers.push_back(std::move(*broker));
  }
  out.primary_broker = from.primary_broker();
  out.backup_broker = from.backup_broker();
  out.failover_threshold = from.failover_threshold();
  out.broker_probe_interval = nanoseconds{from.broker_probe_interval_ns()};
  out.reconcile_interval = nanoseconds{from.reconcile_interval_ns()};
  out.status_queries_max =
      from.has_status_queries_max() ? from.status_queries_max() : status_queries_untold;
  out.cancel_requests_max =
      from.has_cancel_requests_max() ? from.cancel_requests_max() : cancel_requests_untold;
  if (out.brokers.empty() || out.brokers.size() > std::numeric_limits<broker_id::rep>::max() ||
      out.order_lifetime < nanoseconds{0} || out.report_timeout <= nanoseconds{0} ||
      out.failover_threshold == 0 || out.status_queries_max == 0 || out.cancel_requests_max == 0)
    return fail("settings that no configuration has");
  return {};
}

result<void> read_universe(const wire::SlotConfigured& from, value_checker& values,
                           trading_universe& out) {
  calendars known;
  for (auto& entry : from.calendars())
    known.push_back(std::make_shared<const trading_calendar>(read(entry, values)));
  std::vector<instrument> instruments;
  for (auto& entry : from.instruments()) {
    auto one = read(entry, known, values);
    if (!one) return tl::make_unexpected(one.error());
    instruments.push_back(std::move(*one));
  }
  out.symbols.assign(from.symbols().begin(), from.symbols().end());
  out.strategies.assign(from.strategies().begin(), from.strategies().end());
  out.account = from.account();
  if (from.instrument_of_size() != from.symbols_size() ||
      out.strategies.size() > std::numeric_limits<strategy_id::rep>::max())
    return fail("symbols or strategies that no configuration has");
  for (auto place : from.instrument_of()) {
    if (place > instruments.size()) return fail("a symbol with an instrument that is not there");
    out.instruments.push_back(place > 0 ? std::optional{instruments[place - 1]} : std::nullopt);
  }
  return {};
}

} // namespace

void write_configuration(const slot_configuration& configuration, wire::SlotConfigured& out) {
  auto& [build, settings, universe, limits_in_force] = configuration;
  out.set_build(build);
  write(settings, out);
  for (auto& scope : limits_in_force)
    write_limit_scope(scope, *out.add_limits_in_force());
  for (auto& name : universe.symbols)
    out.add_symbols(name);
  for (auto& name : universe.strategies)
    out.add_strategies(name);
  distinct_values instruments, calendars;
  for (auto& traded : universe.instruments) {
    if (!traded) {
      out.add_instrument_of(0);
      continue;
    }
    std::uint32_t calendar_place = 0;
    if (traded->calendar) {
      wire::TradingCalendar calendar;
      write(*traded->calendar, calendar);
      calendar_place = calendars.place_of(calendar.SerializeAsString(),
                                          [&] { *out.add_calendars() = calendar; });
    }
    wire::TradedInstrument entry;
    write(*traded, calendar_place, entry);
    out.add_instrument_of(
        instruments.place_of(entry.SerializeAsString(), [&] { *out.add_instruments() = entry; }));
  }
}

result<slot_configuration> read_configuration(const wire::SlotConfigured& from) {
  value_checker values;
  slot_configuration out{.build = from.build()};
  auto done = read_settings(from, values, out.settings);
  if (done) done = read_universe(from, values, out.universe);
  if (!done) return tl::make_unexpected(done.error());
  auto limits = read_scopes(from.limits_in_force());
  if (!limits) return tl::make_unexpected(limits.error());
  out.limits_in_force = std::move(*limits);
  return values.finish(std::move(out));
}

std::string encode_configuration(const slot_configuration& configuration) {
  wire::SlotConfigured out;
  write_configuration(configuration, out);
  return out.SerializeAsString();
}

} // namespace tickmesh
