// Other settings, instruments, brokers and programs, from an event of the log on.
#include "actors/execution/trading/trading_state.hpp"
#include "actors/execution/trading/trading_state_setup.hpp"

#include <cassert>
#include <utility>

namespace tickmesh {

std::vector<position_terms> terms_of(const trading_universe& universe) {
  std::vector<position_terms> terms;
  terms.reserve(universe.instruments.size());
  for (auto& i : universe.instruments)
    terms.push_back(i ? position_terms{i->multiplier, i->fees, i->positions} : position_terms{});
  return terms;
}

std::vector<price> price_minima_of(const trading_universe& universe) {
  std::vector<price> out;
  out.reserve(universe.instruments.size());
  for (auto& i : universe.instruments)
    out.push_back(i ? i->limits.price_min : price{});
  return out;
}

routing_rules routing_of(const execution_settings& settings) {
  routing_rules rules{.preference = {},
                      .failover_threshold = settings.failover_threshold,
                      .probe_interval = settings.broker_probe_interval};
  auto brokers = settings.all_brokers();
  auto add = [&](auto fits) {
    for (std::uint8_t i = 0; i < brokers.size(); ++i)
      if (fits(brokers[i].name)) rules.preference.push_back(broker_id{i});
  };
  add([&](auto& name) { return name == settings.primary_broker; });
  add([&](auto& name) { return name == settings.backup_broker; });
  if (rules.preference.empty()) rules.preference.push_back(broker_id{});
  return rules;
}

order_patience patience_of(const execution_settings& settings) {
  return {.lifetime = settings.order_lifetime,
          .report_timeout = settings.report_timeout,
          .status_queries_max = settings.status_queries_max,
          .cancel_requests_max = settings.cancel_requests_max};
}

risk_facts_settings risk_settings_of(const execution_settings& settings,
                                     std::vector<limit_scope> limits) {
  return {.account = settings.account,
          .currency = settings.currency,
          .limits = std::move(limits),
          .programme_rate_reported = settings.programme_rate_reported,
          .frozen_mark_alarm = settings.frozen_mark_alarm};
}

slot_configuration trading_state::configuration() const {
  auto out = begin_configuration(settings_, universe_, build_);
  out.limits_in_force = risk_.limits().scopes();
  return out;
}

void trading_state::apply_configuration(const slot_configuration& next, log_position at,
                                        std::vector<venue_command>& out) {
  if (at.event == 1) return begin_with(next, at);
  assert(keeps_ids(configuration(), next));
  auto brokers_before = settings_.all_brokers();
  auto was_by_arrival = settings_.sequencer == input_order::arrival;
  auto build_before = std::exchange(build_, next.build);
  change_settings(next);
  follow_brokers(brokers_before, was_by_arrival, at, out);
  if (build_before != build_) take_over(at, out);
  arm_reconciliation(at, out);
}

/// Nothing was traded yet.
void trading_state::begin_with(const slot_configuration& first, log_position at) {
  trading_state fresh{first.settings, first.universe, makes_rows_};
  fresh.build_ = first.build;
  fresh.risk_.change_limits(first.limits_in_force, fresh.universe_);
  fresh.last_event_ = at.event;
  fresh.last_time_ = at.time;
  fresh.keep_changes(keeps_changes_);
  *this = std::move(fresh);
}

/// What is measured goes on: positions and what they earned, rates, windows, high-water marks.
void trading_state::change_settings(const slot_configuration& next) {
  settings_ = next.settings;
  universe_ = next.universe;
  auto symbols = universe_.symbols.size();
  auto terms = terms_of(universe_);
  for (std::uint32_t i = 0; i < symbols; ++i) {
    bool is_new = positions_.symbols() <= i;
    // A symbol whose instrument is gone keeps its last terms, so that its position keeps its value.
    if (is_new || universe_.instruments[i]) positions_.change_terms(symbol_id{i}, terms[i]);
  }
  auto price_min = price_minima_of(universe_);
  for (std::size_t i = 0; i < symbols; ++i)
    if (!universe_.instruments[i]) price_min[i] = no_price; // the same
  orders_.configure(patience_of(settings_), symbols, routing_of(settings_), price_min);
  at_brokers_.grow(symbols);
  broker_rates_.configure(settings_.all_brokers());
  risk_.configure(risk_settings_of(settings_, next.limits_in_force), universe_);
}

/// Whose venue is another one now does not know our orders, or may not: they are asked for, but not
/// of one that answers at once or never. What stands of a broker that is gone keeps nothing back.
void trading_state::follow_brokers(const std::vector<broker_settings>& before, bool was_by_arrival,
                                   log_position at, std::vector<venue_command>& out) {
  auto is_by_arrival = settings_.sequencer == input_order::arrival;
  auto now = settings_.all_brokers();
  std::vector<broker_id> changed;
  for (std::size_t i = 0; i < before.size(); ++i) {
    broker_id broker{static_cast<broker_id::rep>(i)};
    if (now[i].is_gone) {
      at_brokers_.comparison().let_go(broker);
      count_outside({.broker = broker}); // nobody says any more what is open
    }
    bool is_other = now[i].is_gone != before[i].is_gone || now[i].kind != before[i].kind ||
                    (was_by_arrival != is_by_arrival && now[i].kind == broker_kind::sim);
    if (is_other && now[i].kind != broker_kind::accept) changed.push_back(broker);
  }
  orders_.ask_anew(changed, at, out);
}

/// Another program begins to decide: what the one before has left is in doubt, and what recurs was
/// armed by it.
void trading_state::take_over(log_position at, std::vector<venue_command>& out) {
  ++recoveries_;
  reconciles_at_.reset();
  halt_works_ = false;
  slot_recovered all;
  auto brokers = settings_.all_brokers();
  for (std::size_t i = 0; i < brokers.size(); ++i) // one that answers at once need not be asked
    if (!brokers[i].is_gone && brokers[i].kind != broker_kind::accept)
      all.external.push_back(broker_id{static_cast<broker_id::rep>(i)});
  orders_.apply_recovery(all, at, out);
  work_on_halt(at, out);
}

} // namespace tickmesh
