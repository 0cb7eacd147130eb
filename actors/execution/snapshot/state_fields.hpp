// The members of plain values that several parts of a trading state hold. Each list names all of
// them, and does not compile when one is added: whoever adds one puts it here, and raises
// state_layout_version. Used by whoever writes or reads with a state_archive.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/orders/order_manager.hpp"
#include "actors/execution/reconciliation/reconciler.hpp"
#include "actors/execution/risk/risk_facts_book.hpp"
#include "actors/execution/snapshot/state_archive.hpp"
#include "actors/execution/trading/trading_rows.hpp"

namespace tickmesh {

template <class Archive>
void persist_fields(Archive& archive, signal_name& v) {
  auto& [symbol, strategy, configuration_version, data_epoch, last_tick, window_end] = v;
  archive(symbol, strategy, configuration_version, data_epoch, last_tick, window_end);
}

template <class Archive>
void persist_fields(Archive& archive, order_split& v) {
  auto& [close_today, close_yesterday, open] = v;
  archive(close_today, close_yesterday, open);
}

template <class Archive>
void persist_fields(Archive& archive, order_names& v) {
  auto& [reference, broker_order, parts] = v;
  archive(reference, broker_order, parts);
}

template <class Archive>
void persist_fields(Archive& archive, order_form& v) {
  auto& [limit, volume] = v;
  archive(limit, volume);
}

template <class Archive>
void persist_fields(Archive& archive, order_request& v) {
  auto& [id, symbol, strategy, direction, limit, volume, lifetime, broker, type, reference, parts] =
      v;
  archive(id, symbol, strategy, direction, limit, volume, lifetime, broker, type, reference, parts);
}

template <class Archive>
void persist_fields(Archive& archive, cancel_request& v) {
  auto& [order, broker, names] = v;
  archive(order, broker, names);
}

template <class Archive>
void persist_fields(Archive& archive, replace_request& v) {
  auto& [order, broker, revision, limit, volume, names] = v;
  archive(order, broker, revision, limit, volume, names);
}

template <class Archive>
void persist_fields(Archive& archive, status_query& v) {
  auto& [order, broker, names] = v;
  archive(order, broker, names);
}

template <class Archive>
void persist_fields(Archive& archive, snapshot_request& v) {
  auto& [broker] = v;
  archive(broker);
}

template <class Archive>
void persist_fields(Archive& archive, executions_request& v) {
  auto& [broker, since] = v;
  archive(broker, since);
}

template <class Archive>
void persist_fields(Archive& archive, timer_due& v) {
  auto& [due, order, purpose, attempt] = v;
  archive(due, order, purpose, attempt);
}

template <class Archive>
void persist_fields(Archive& archive, execution_id& v) {
  auto& [order, counter] = v;
  archive(order, counter);
}

template <class Archive>
void persist_fields(Archive& archive, broker_words& v) {
  auto& [order, execution, original, code, commission, symbol, direction] = v;
  archive(order, execution, original, code, commission, symbol, direction);
}

template <class Archive>
void persist_fields(Archive& archive, execution_report& v) {
  auto& [id, order, broker, kind, status, last_price, last_quantity, cumulative, time, revision,
         refusal, form, text, reference, is_told_again, words] = v;
  archive(id, order, broker, kind, status, last_price, last_quantity, cumulative, time, revision,
          refusal, form, text, reference, is_told_again, words);
}

template <class Archive>
void persist_fields(Archive& archive, broker_event& v) {
  auto& [broker, news, text, trading_day, reference_next] = v;
  archive(broker, news, text, trading_day, reference_next);
}

template <class Archive>
void persist_fields(Archive& archive, risk_result& v) {
  auto& [outcome, usage, limit, scope] = v;
  archive(outcome, usage, limit, scope);
}

template <class Archive>
void persist_fields(Archive& archive, exposure_sums& v) {
  auto& [longs, shorts, gross] = v;
  archive(longs, shorts, gross);
}

template <class Archive>
void persist_fields(Archive& archive, fill_fee& v) {
  auto& [ratio, amount] = v;
  archive(ratio, amount);
}

template <class Archive>
void persist_fields(Archive& archive, instrument_fees& v) {
  auto& [open, close, close_today] = v;
  archive(open, close, close_today);
}

template <class Archive>
void persist_fields(Archive& archive, position_terms& v) {
  auto& [multiplier, fees, model] = v;
  archive(multiplier, fees, model);
}

template <class Archive>
void persist_fields(Archive& archive, log_position& v) {
  auto& [event, time] = v;
  archive(event, time);
}

template <class Archive>
void persist_fields(Archive& archive, booked_execution& v) {
  auto& [key, broker, at, volume, fee] = v;
  archive(key, broker, at, volume, fee);
}

/// `place` is that among all orders.
template <class Archive>
void persist_fields(Archive& archive, managed_order& v) {
  auto& [place, request, source, risk, created, updated, machine, history, filled, filled_value,
         known_filled, seen_through, queries, cancels, cancels_unanswered, reroutes, replaces,
         is_to_cancel, cancel_is_out, end_is_presumed, had_ended, is_adopted, is_moved,
         is_listed_finished, is_listed_changed, said_id, broker_order, replacement, executions,
         seen_beyond, seen_names, seen_of_others, refused_by] = v;
  archive(request, source, risk, created, updated, machine, history, filled, filled_value,
          seen_through, seen_beyond, seen_of_others, seen_names, executions, broker_order, queries,
          cancels, cancels_unanswered, reroutes, refused_by, known_filled, is_to_cancel,
          cancel_is_out, end_is_presumed, had_ended, is_adopted, is_moved, said_id,
          is_listed_finished, replacement, replaces);
}

template <class Archive>
void persist_fields(Archive& archive, own_books::net_position& v) {
  auto& [held, fills] = v;
  archive(held, fills);
}

template <class Archive>
void persist_fields(Archive& archive, book_difference& v) {
  auto& [kind, symbol, order, ours, theirs, fills] = v;
  archive(kind, symbol, order, ours, theirs, fills);
}

template <class Archive>
void persist_fields(Archive& archive, programme_counts& v) {
  auto& [peak_per_second, seconds_above, orders, cancels] = v;
  archive(peak_per_second, seconds_above, orders, cancels);
}

template <class Archive>
void persist_fields(Archive& archive, frozen_marks& v) {
  auto& [now, alarms] = v;
  archive(now, alarms);
}

template <class Archive>
void persist_fields(Archive& archive, trading_status& v) {
  auto& [mode, who, reason] = v;
  archive(mode, who, reason);
}

template <class Archive>
void persist_fields(Archive& archive, risk_limits& v) {
  auto& [position_max, order_value_max, daily_loss_max, orders_max, order_size_max, collar_ratio,
         orders_per_second_max, orders_per_day_max, cancels_per_second_max, cancels_per_day_max,
         duplicate_window, refuse_self_trade, gross_exposure_max, net_exposure_max,
         symbols_restricted, symbols_allowed, in_session_only, mark_age_max, frozen_mark_max,
         signal_age_max] = v;
  archive(position_max, order_value_max, daily_loss_max, orders_max, order_size_max, collar_ratio,
          orders_per_second_max, orders_per_day_max, cancels_per_second_max, cancels_per_day_max,
          duplicate_window, refuse_self_trade, gross_exposure_max, net_exposure_max,
          symbols_restricted, symbols_allowed, in_session_only, mark_age_max, frozen_mark_max,
          signal_age_max);
}

template <class Archive>
void persist_fields(Archive& archive, limit_scope& v) {
  auto& [kind, name, limits] = v;
  archive(kind, name, limits);
}

template <class Archive>
void persist_fields(Archive& archive, order_row& v) {
  auto& [created, updated, symbol, direction, limit, volume, status, id, signal, strategy,
         signal_sequence, outcome, usage, limit_of_rule, scope, filled, average_price, history,
         created_event, updated_event] = v;
  archive(created, updated, symbol, direction, limit, volume, status, id, signal, strategy,
          signal_sequence, outcome, usage, limit_of_rule, scope, filled, average_price, history,
          created_event, updated_event);
}

template <class Archive>
void persist_fields(Archive& archive, fill_row& v) {
  auto& [time, symbol, direction, at, volume, order, execution, strategy, signal_sequence, signal,
         event, broker] = v;
  archive(time, symbol, direction, at, volume, order, execution, strategy, signal_sequence, signal,
          event, broker);
}

} // namespace tickmesh
