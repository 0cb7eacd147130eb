#include "actors/execution/trading/trading_state.hpp"

#include "actors/execution/trading/trading_state_setup.hpp"
#include "messages/overloaded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace tickmesh {

namespace {

side side_of(std::int8_t direction) {
  return direction == 1 ? side::buy : direction == -1 ? side::sell : side::none;
}

} // namespace

trading_universe make_trading_universe(const instrument_table& table,
                                       const std::vector<std::string>& symbols,
                                       const std::vector<std::string>& strategies) {
  trading_universe universe{.symbols = symbols, .instruments = {}, .strategies = strategies};
  universe.instruments.reserve(symbols.size());
  for (auto& symbol : symbols) {
    auto* found = table.find(symbol);
    universe.instruments.push_back(found ? std::optional{*found} : std::nullopt);
  }
  return universe;
}

trading_state::trading_state(const execution_settings& settings, trading_universe universe,
                             bool makes_rows)
    : settings_(settings), universe_(std::move(universe)), makes_rows_(makes_rows),
      orders_(patience_of(settings_), universe_.symbols.size(), routing_of(settings_),
              price_minima_of(universe_)),
      positions_(terms_of(universe_)), at_brokers_(universe_.symbols.size()),
      risk_(risk_settings_of(settings_, settings_.all_limits()), universe_),
      broker_rates_(settings_.all_brokers()), bars_(universe_.symbols.size()) {
  assert(universe_.instruments.size() == universe_.symbols.size());
}

log_position trading_state::begin_event(const sequenced_event& event) {
  assert(event.number == last_event_ + 1 && event.time >= last_time_);
  note_profit(event.time);
  last_event_ = event.number;
  last_time_ = event.time;
  verdicts_.clear();
  explanations_.clear();
  risk_.advance(event.time, universe_);
  return {event.number, event.time};
}

void trading_state::apply(const sequenced_event& event, std::vector<venue_command>& out) {
  auto at = begin_event(event);
  if (auto* mark = std::get_if<market_mark>(&event.what)) {
    apply_mark(*mark);
    return;
  }
  auto commands_before = out.size();
  apply_content(event, at, out);
  note_commands(std::span{out}.subspan(commands_before), at.time);
  collect_finished();
  explains_ = false;
}

/// All but a mark, which has been applied before, as most events are one.
void trading_state::apply_content(const sequenced_event& event, log_position at,
                                  std::vector<venue_command>& out) {
  std::visit(overloaded{
                 [&](const signal& s) { apply_signal(s, at, out); },
                 [&](const execution_report& report) { apply_report(report, at, out); },
                 [&](const timer_due& timer) { apply_timer(timer, at, out); },
                 [&](const broker_event& news) { apply_broker_event(news, at, out); },
                 [&](const broker_snapshot& theirs) { apply_snapshot(theirs, at, out); },
                 [&](const slot_recovered& recovered) { apply_recovery(recovered, at, out); },
                 [&](const operator_command& command) { apply_command(command, at, out); },
                 [&](const slot_configured& configured) {
                   apply_configuration(*configured.configuration, at, out);
                 },
                 [](const one_of<market_mark, clock_mark> auto&) {},
             },
             event.what);
  if (!replaces_.empty()) open_replacing(at, out);
}

void trading_state::apply_marks(std::uint64_t first_number, std::span<const market_mark> marks) {
  assert(first_number == last_event_ + 1);
  for (auto& mark : marks) {
    last_time_ = std::max(last_time_, mark.effective_time);
    note_profit(last_time_);
    risk_.advance(last_time_, universe_);
    apply_mark(mark);
  }
  last_event_ += marks.size();
}

void trading_state::take_finished(std::vector<order_row>& orders, std::vector<fill_row>& fills) {
  orders.insert(orders.end(), std::make_move_iterator(finished_orders_.begin()),
                std::make_move_iterator(finished_orders_.end()));
  fills.insert(fills.end(), std::make_move_iterator(fills_.begin()),
               std::make_move_iterator(fills_.end()));
  finished_orders_.clear();
  fills_.clear();
}

void trading_state::finish(std::vector<order_row>& orders, std::vector<fill_row>& fills) {
  take_finished(orders, fills);
  if (!makes_rows_) return;
  for (auto* order : orders_.unfinished())
    orders.push_back(row_of(*order));
}

void trading_state::keep_changes(bool wanted) {
  keeps_changes_ = wanted;
  orders_.list_changed(wanted);
  changes_ = {};
}

trading_changes trading_state::take_changes() {
  for (auto* order : orders_.take_changed())
    changes_.orders.push_back(row_of(*order));
  changes_.through = last_event_;
  return std::exchange(changes_, {});
}

void trading_state::note_all_positions() {
  for (auto& row : positions_.rows())
    changes_.positions[{row.symbol, row.strategy}] = {row, last_event_};
}

trading_totals trading_state::totals() const {
  trading_totals t{.by_verdict = by_verdict_,
                   .by_status = orders_.in_status(),
                   .entered = orders_.entered(),
                   .repeated_signals = repeated_signals_,
                   .unknown_signals = unknown_signals_,
                   .fills = fill_count_,
                   .anomalies = orders_.anomalies(),
                   .realised = positions_.realised_pnl(),
                   .unrealised = positions_.unrealised_pnl(),
                   .day_pnl = positions_.day_pnl(),
                   .open_positions = positions_.open_positions(),
                   .fees = positions_.fees(),
                   .programme = risk_.programme().highest(),
                   .frozen_mark_alarms = risk_.frozen().alarms,
                   .marks_frozen = risk_.frozen().now.size(),
                   .trading = notice_,
                   .not_reconciled = reconciliation_problems(),
                   .sessions = sessions()};
  for (std::size_t v = 0; v < by_verdict_.size(); ++v)
    if (is_refusal(static_cast<verdict>(v)))
      t.by_status[static_cast<std::size_t>(order_status::rejected)] += by_verdict_[v];
  return t;
}

symbol_exposure trading_state::exposure(symbol_id symbol) const {
  auto open = orders_.still_open().of(symbol);
  return {positions_.net_position(symbol), open.buys, open.sells};
}

risk_facts trading_state::facts(const order_request& request, timestamp signal_time,
                                timestamp now) {
  return risk_.facts(request, surroundings(signal_time, now), universe_);
}

order_request trading_state::request_of(const signal& s) {
  return {.id = id_of(s.name),
          .symbol = s.name.symbol,
          .strategy = s.name.strategy,
          .direction = side_of(s.direction),
          .limit = s.limit,
          .volume = s.volume,
          .lifetime = settings_.order_time_in_force};
}

void trading_state::apply_signal(const signal& s, log_position at,
                                 std::vector<venue_command>& out) {
  if (!knows(s)) {
    ++unknown_signals_;
    return;
  }
  if (!seen_signals_.admit(s.name)) {
    ++repeated_signals_;
    return;
  }
  begin_day_of(s.name.symbol, s.effective_time);
  arm_reconciliation(at, out);
  if (recorded_ != nullptr) return; // see adopt()
  auto request = request_of(s);
  auto risk = judge(request, s.effective_time);
  verdicts_.push_back({request.id, risk, {}});
  if (risk.outcome == verdict::approved) {
    open_order(request, s.name, risk, at, out);
  } else if (makes_rows_ || keeps_changes_) {
    refuse(request, s.name, risk, at);
  }
}

risk_result trading_state::judge(const order_request& request, timestamp signal_time,
                                 bool flattens) {
  auto around = surroundings(signal_time, last_time_);
  around.flattens = flattens;
  auto risk = check(request, around);
  if (risk.outcome == verdict::approved) {
    auto* known = orders_.find(request.id);
    bool was_sent = known != nullptr ? known->is_adopted
                                     : orders_.is_spent(request.id) ||
                                           (!flattens && orders_.claim_adopted(request));
    if (was_sent) {
      risk = {verdict::duplicate_order}; // before the log's end was lost
    } else if (known != nullptr) {
      // Another signal's name has the same hash: the id can't name two orders.
      orders_.count_id_collision();
      risk = {verdict::invalid_order};
    }
  }
  ++by_verdict_[static_cast<std::size_t>(risk.outcome)];
  return risk;
}

risk_result trading_state::check(const order_request& request, const risk_surroundings& around) {
  if (explains_) explanations_.push_back(risk_.report(request, around, universe_));
  return risk_.check(request, around, universe_);
}

void trading_state::apply_timer(const timer_due& timer, log_position at,
                                std::vector<venue_command>& out) {
  bool is_void = timer.purpose == timer_purpose::reconciliation ? timer.attempt != reconciliations_
                 : is_recurring(timer.purpose)                  ? timer.attempt != recoveries_
                                                                : false;
  if (is_void) return;
  if (timer.purpose == timer_purpose::halt_work) {
    halt_works_ = false;
    return work_on_halt(at, out);
  }
  if (timer.purpose != timer_purpose::reconciliation) {
    orders_.apply_timer(timer, at, out);
    if (auto* known = orders_.request_of(timer.order))
      risk_.update_open(*known, orders_.still_open());
    return;
  }
  reconciles_at_.reset();
  orders_.query_doubtful(at, out);
  auto brokers = settings_.all_brokers();
  for (std::uint8_t i = 0; i < brokers.size(); ++i) {
    broker_id broker{i};
    if (at_brokers_.comparison().awaits_executions(broker)) ask_for_executions(broker, out);
    if (!brokers[i].is_gone) out.emplace_back(snapshot_request{broker});
  }
  arm_reconciliation(at, out);
}

void trading_state::refuse(const order_request& request, const std::optional<signal_name>& source,
                           const risk_result& risk, log_position at) {
  managed_order order{
      .request = request, .source = source, .risk = risk, .created = at, .updated = at};
  auto row = row_of(order);
  row.status = order_status::rejected;
  row.history = to_string(row.status);
  if (keeps_changes_) changes_.orders.push_back(row);
  if (makes_rows_) finished_orders_.push_back(std::move(row));
}

risk_surroundings trading_state::surroundings(timestamp signal_time, timestamp now) {
  return {.open = orders_.still_open(),
          .day_pnl = positions_.day_pnl(),
          .orders_today = opened_.of(positions_.trading_day()),
          .now = std::max(now, last_time_),
          .signal_time = signal_time,
          .is_reconciled = is_reconciled(),
          .broker = broker_rates_.of(orders_.target(), std::max(now, last_time_))};
}

/// Rates count what is sent.
void trading_state::note_commands(std::span<const venue_command> commands, timestamp t) {
  for (auto& command : commands) {
    broker_rates_.note(command, t);
    std::visit(overloaded{
                   [&](const order_request& order) { risk_.note_order(order, t); },
                   [&](const replace_request& replace) {
                     auto form = *orders_.request_of(replace.order);
                     form.limit = replace.limit;
                     form.volume = replace.volume;
                     risk_.note_order(form, t);
                   },
                   [&](const cancel_request& cancel) {
                     auto* request = orders_.request_of(cancel.order);
                     if (request != nullptr) risk_.note_cancel(*request, t);
                   },
                   [](const one_of<status_query, timer_request, broker_probe, snapshot_request,
                                   executions_request> auto&) {},
               },
               command);
  }
}

order_id trading_state::id_of(const signal_name& source) {
  name_text_.clear();
  append_signal_name(name_text_, source, universe_.strategies[source.strategy.value],
                     universe_.symbols[source.symbol.value]);
  return make_order_id(name_text_);
}

order_id trading_state::name_of_order(const signal_name& source) const {
  return make_order_id(format_signal_name(source, universe_.strategies[source.strategy.value],
                                          universe_.symbols[source.symbol.value]));
}

/// Of the signal that asked for the order.
std::string trading_state::name_of(const managed_order& order) const {
  if (order.is_adopted) return fmt::format("adopted/{}", order.created.event);
  if (auto* replaced = replaces_.replaced_by(order.request.id)) return format_replaced(*replaced);
  if (!order.source) return fmt::format("operator/flatten/{}", order.created.event);
  auto& source = *order.source;
  return format_signal_name(source, universe_.strategies[source.strategy.value],
                            universe_.symbols[source.symbol.value]);
}

order_row trading_state::row_of(const managed_order& order) const {
  auto& request = order.request;
  order_row row{.created = order.created.time,
                .updated = order.updated.time,
                .symbol = request.symbol,
                .direction = request.direction,
                .limit = request.limit,
                .volume = request.volume,
                .status = order.status(),
                .id = request.id,
                .signal = name_of(order),
                .strategy = request.strategy,
                .signal_sequence = order.source ? order.source->last_tick : sequence{},
                .outcome = order.risk.outcome,
                .usage = order.risk.usage,
                .limit_of_rule = order.risk.limit,
                .scope = refusing_scope(order.risk, risk_.limits()),
                .filled = order.filled,
                .history = {},
                .created_event = order.created.event,
                .updated_event = order.updated.event};
  if (order.filled.value > 0)
    row.average_price = price{static_cast<std::int64_t>(order.filled_value / order.filled.value)};
  for (auto status : order.history) {
    if (!row.history.empty()) row.history += '>';
    row.history += to_string(static_cast<order_status>(status));
  }
  return row;
}

void trading_state::collect_finished() {
  if (!makes_rows_) return orders_.drop_finished();
  for (auto* order : orders_.take_finished())
    finished_orders_.push_back(row_of(*order));
}

} // namespace tickmesh
