#include "actors/execution/slot/exec_report.hpp"

#include "messages/proto/orders.pb.h"
#include "messages/utf8.hpp"

#include <cstddef>

namespace tickmesh {

void count_inputs(const event_sequencer& sequencer, std::map<std::string, std::uint64_t>& counts) {
  auto& merged = sequencer.inputs().counts();
  counts["duplicate_marks"] = merged.duplicate_marks;
  counts["duplicate_signals"] = merged.duplicate_signals;
  counts["behind_mark"] = merged.behind_mark;
  counts["late_events"] = sequencer.late_events();
  counts["events"] = sequencer.events();
}

void count_totals(const trading_totals& totals, const ledger_counts& ledger,
                  std::map<std::string, std::uint64_t>& counts) {
  for (std::size_t i = 0; i < verdict_names.size(); ++i)
    counts["orders/" + std::string{verdict_names[i]}] = totals.by_verdict[i];
  for (std::size_t i = 0; i < order_status_names.size(); ++i)
    counts["status/" + std::string{order_status_names[i]}] = totals.by_status[i];
  for (std::size_t i = 0; i < order_status_names.size(); ++i)
    counts["entered/" + std::string{order_status_names[i]}] = totals.entered[i];
  counts[orders_sent_count] = totals.entered[static_cast<std::size_t>(order_status::pending_new)];
  counts[fills_count] = totals.fills;
  for (std::size_t i = 0; i < order_anomaly_names.size(); ++i)
    counts["anomaly/" + std::string{order_anomaly_names[i]}] =
        totals.anomalies.of(static_cast<order_anomaly>(i));
  counts["repeated_signals"] = totals.repeated_signals;
  counts["unknown_signals"] = totals.unknown_signals;
  counts["programme/peak_per_second"] = totals.programme.peak_per_second;
  counts["programme/seconds_above"] = totals.programme.seconds_above;
  counts["programme/orders_per_day"] = totals.programme.orders;
  counts["programme/cancels_per_day"] = totals.programme.cancels;
  counts["frozen_mark_alarms"] = totals.frozen_mark_alarms;
  counts["marks_frozen"] = totals.marks_frozen;
  counts["ledger/rows"] = ledger.rows;
  counts["ledger/overflows"] = ledger.overflows;
  counts["ledger/failures"] = ledger.failures;
}

void note_order_delays(const std::vector<order_trigger>& triggers, std::int64_t now,
                       std::map<std::string, delay_histogram>& delays) {
  if (triggers.empty()) return;
  auto& from_tick = delays[tick_to_order_delay];
  auto& from_signal = delays[signal_to_order_delay];
  for (auto& trigger : triggers) {
    if (trigger.ingest_ns != 0) from_tick.add(now - trigger.ingest_ns);
    if (trigger.sent_ns != 0) from_signal.add(now - trigger.sent_ns);
  }
}

std::string encode_totals(const trading_totals& totals,
                          const std::vector<std::string>& waiting_for) {
  wire::ExecutionTotals out;
  for (std::size_t i = 0; i < verdict_names.size(); ++i) {
    auto* entry = out.add_orders_by_verdict();
    entry->set_name(std::string{verdict_names[i]});
    entry->set_count(totals.by_verdict[i]);
  }
  for (std::size_t i = 0; i < order_status_names.size(); ++i) {
    auto* entry = out.add_orders_by_status();
    entry->set_name(std::string{order_status_names[i]});
    entry->set_count(totals.by_status[i]);
  }
  out.set_fills(totals.fills);
  out.set_open_positions(totals.open_positions);
  out.set_realised(format_decimal(totals.realised.value));
  out.set_unrealised(format_decimal(totals.unrealised.value));
  out.set_fees(format_decimal(totals.fees.value));
  std::string waiting;
  for (auto& link : waiting_for)
    waiting += (waiting.empty() ? "" : ", ") + link;
  out.set_waiting_for(waiting);
  out.set_trading_state(std::string{to_string(totals.trading.mode)});
  out.set_trading_set_by(replace_non_utf8(totals.trading.who));
  out.set_trading_reason(replace_non_utf8(totals.trading.reason));
  for (auto& problem : totals.not_reconciled)
    out.add_not_reconciled(replace_non_utf8(problem));
  out.set_marks_frozen(totals.marks_frozen);
  for (auto& [broker, session] : totals.sessions) {
    auto& to = *out.add_sessions();
    to.set_broker(replace_non_utf8(broker));
    to.set_trading_day(static_cast<std::uint32_t>(session.trading_day));
    to.set_text(replace_non_utf8(session.text));
    if (!session.step) continue;
    to.set_step(std::string{broker_news_names[static_cast<std::size_t>(*session.step)]});
    to.set_since_ns(to_ns(session.since));
  }
  return out.SerializeAsString();
}

} // namespace tickmesh
