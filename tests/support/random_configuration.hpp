// Configurations of an execution slot whose every member is random, within what a configuration can
// say. Used by the tests of the journal.
#pragma once

#include "actors/execution/configuration/slot_configuration.hpp"
#include "messages/enumerators.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace tickmesh {

class configuration_maker {
public:
  explicit configuration_maker(std::uint64_t seed) : random_(seed) {}

  slot_configuration make() {
    slot_configuration out{.build = text(), .settings = make_settings()};
    out.limits_in_force = out.settings.all_limits();
    if (chance()) out.limits_in_force.front().limits = make_limits();
    out.universe.account = out.settings.account;
    for (auto count = draw(4); count > 0; --count)
      out.universe.strategies.push_back(text());
    std::vector<instrument> some{make_instrument(), make_instrument()};
    for (auto count = draw(6); count > 0; --count) {
      out.universe.symbols.push_back(text());
      out.universe.instruments.push_back(chance() ? std::nullopt : std::optional{some[draw(2)]});
    }
    return out;
  }

private:
  std::uint64_t draw(std::uint64_t limit) { return random_() % limit; }
  bool chance() { return draw(2) == 0; }
  std::int64_t positive() { return static_cast<std::int64_t>(1 + draw(1ULL << 40U)); }
  nanoseconds span() { return nanoseconds{positive()}; }
  std::string text() {
    std::string out(draw(12), ' ');
    for (auto& byte : out)
      byte = static_cast<char>(draw(256));
    return out;
  }
  template <class Enum>
  Enum any() {
    return static_cast<Enum>(draw(enumerator_count<Enum>));
  }

  risk_limits make_limits() {
    risk_limits out;
    if (chance()) out.position_max = quantity{positive()};
    if (chance()) out.daily_loss_max = money{positive()};
    if (chance()) out.orders_per_second_max = static_cast<std::uint32_t>(draw(1000));
    if (chance()) out.signal_age_max = nanoseconds{draw(1'000'000)};
    out.in_session_only = chance();
    if (chance()) out.symbols_allowed = {text(), text()};
    return out;
  }

  execution_settings make_settings() {
    execution_settings out;
    out.account = text();
    out.currency = text();
    out.limits = make_limits();
    for (auto count = draw(3); count > 0; --count)
      out.limit_scopes.push_back({any<scope_kind>(), text(), make_limits()});
    out.programme_rate_reported = static_cast<std::uint32_t>(draw(100));
    out.frozen_mark_alarm = span();
    out.order_lifetime = span();
    out.report_timeout = span();
    out.order_time_in_force = any<time_in_force>();
    out.sequencer = any<input_order>();
    out.brokers.resize(1 + draw(3));
    for (auto& broker : out.brokers)
      broker = {.name = text(),
                .kind = any<broker_kind>(),
                .sim = {.seed = random_(),
                        .delay = span() + std::chrono::microseconds{1},
                        .reject_share = static_cast<double>(draw(100)) / 7,
                        .lost_ack_share = static_cast<double>(draw(100)) / 7,
                        .unavailable_share = static_cast<double>(draw(100)) / 7},
                .cancel_on_disconnect = chance(),
                .orders_per_second_max = chance() ? std::nullopt : std::optional{7U},
                .is_gone = chance(),
                .has_replace = chance()};
    out.primary_broker = text();
    out.backup_broker = text();
    out.failover_threshold = static_cast<std::uint32_t>(1 + draw(5));
    out.broker_probe_interval = span();
    out.reconcile_interval = span();
    out.status_queries_max = static_cast<std::uint32_t>(1 + draw(20));
    out.cancel_requests_max = static_cast<std::uint32_t>(1 + draw(6));
    return out;
  }

  std::vector<trading_session> make_sessions() {
    std::vector<trading_session> out(draw(3));
    for (auto& session : out)
      session = {std::chrono::minutes{draw(1000)}, std::chrono::minutes{draw(1000)},
                 static_cast<weekday_set>(draw(128))};
    return out;
  }

  std::shared_ptr<const trading_calendar> make_calendar() {
    trading_calendar out{.name = text(),
                         .weekdays = static_cast<weekday_set>(draw(128)),
                         .holidays = {},
                         .open_days = {},
                         .special_days = {},
                         .nights = any<night_rule>()};
    for (auto count = draw(4); count > 0; --count) {
      std::chrono::sys_days day{std::chrono::days{draw(30'000)}};
      out.holidays.insert(day);
      out.open_days.insert(day + std::chrono::days{1});
      out.special_days[day] = make_sessions();
    }
    if (chance()) out.day_change = std::chrono::minutes{draw(1440)};
    return std::make_shared<const trading_calendar>(std::move(out));
  }

  instrument make_instrument() {
    instrument out{.pattern = text(),
                   .exchange = text(),
                   .currency = text(),
                   .multiplier = positive(),
                   .price_tick = price{positive()},
                   .quantity_step = quantity{positive()},
                   .time_zone = text(),
                   .price_from = any<price_source>(),
                   .sessions = make_sessions()};
    if (chance()) out.calendar = make_calendar();
    for (auto* fee : {&out.fees.open, &out.fees.close, &out.fees.close_today})
      *fee = {positive(), positive()};
    out.positions = any<position_model>();
    out.close_today = chance();
    out.short_allowed = chance();
    out.limits.price_min = price{-positive()};
    return out;
  }

  std::mt19937_64 random_;
};

inline slot_configuration random_configuration(std::uint64_t seed) {
  return configuration_maker{seed}.make();
}

} // namespace tickmesh
