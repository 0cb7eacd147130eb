#include "actors/execution/slot/exec_slot_actor.hpp"

#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/slot/exec_slot_actor_steps.hpp"
#include "actors/execution/slot/risk_checker_actor.hpp"
#include "messages/proto/orders.pb.h"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// Events that are handed to the risk checker at once; a batch then stays below the size at which
/// the allocator turns to the kernel.
constexpr std::size_t batch_events_max = 1024;

/// An answer that takes this long means that the risk checker hangs.
constexpr std::chrono::seconds totals_timeout{5};

/// What the merge has let through and dropped, for operators to see while the run goes on.
void count_inputs(exec_slot_state& state) {
  auto& counts = state.report.counts;
  auto& merged = state.sequencer->inputs().counts();
  counts["duplicate_marks"] = merged.duplicate_marks;
  counts["duplicate_signals"] = merged.duplicate_signals;
  counts["behind_mark"] = merged.behind_mark;
  counts["late_events"] = state.sequencer->late_events();
  counts["events"] = state.sequencer->events();
}

void report_totals(exec_slot_actor* self, const trading_finished& finished) {
  auto& totals = finished.totals;
  auto& state = self->state;
  auto& counts = state.report.counts;
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
  count_inputs(state);
  counts["ledger/rows"] = finished.ledger.rows;
  counts["ledger/overflows"] = finished.ledger.overflows;
  counts["ledger/failures"] = finished.ledger.failures;
  report_gateways(state);
  state.report.moments[finished_moment] = state.options.context.clock->control_ns();
  self->send(state.keeper, close_journal{});
}

void finish_slot(exec_slot_actor* self, const journal_closed& closed) {
  if (!closed.failure.empty()) return fail_slot(self, closed.failure);
  send_acks(self); // of what waited for the disk
  auto& context = self->state.options.context;
  self->send(context.agent, slot_finished{context.slot, self->state.report});
}

std::string encode_totals(const exec_slot_state& state, const trading_totals& totals) {
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
  for (auto& link : state.sequencer->inputs().waiting_for())
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

result<void> set_up(exec_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  state.sequencer = std::make_unique<event_sequencer>(options.settings, replay_venues(state));
  for (auto& [slot, host, since, replicas] : context.view->slots) {
    if (slot.of != role::data && slot.of != role::calc) continue;
    state.inboxes.add(slot, since == epoch{} ? context.view->number : since,
                      context.host->link_window_items);
    state.sources.emplace(
        slot, exec_slot_state::upstream{state.sequencer->inputs().add_link(format_slot(slot))});
  }
  state.report.counts[marks_in_count] = 0;
  state.report.counts[signals_in_count] = 0;
  auto trading = recover(state);
  if (!trading) return tl::make_unexpected(trading.error());
  auto& universe = state.configuration->universe;
  auto durability = options.settings.journal.durability;
  state.notice = notice_for_journal_keeper(durability);
  auto last = state.log->last_event();
  state.gate.acknowledge(local_journal,
                         durability == log_durability::always ? state.log->synced_event() : last);
  state.keeper = options.start_keeper(self, {.log = state.log,
                                             .settings = options.settings.journal,
                                             .owner = caf::actor_cast<caf::actor>(self),
                                             .notice_file = halt_file_path(state),
                                             .start_snapshots = snapshots_of(state),
                                             .snapshot_event = state.snapshot_event});
  if (state.log->synced_event() < last && state.notice.appended(last))
    self->send(state.keeper, journal_appended{last, 0});
  risk_checker_options risk{.trading = std::move(*trading),
                            .universe = universe,
                            .writer = context.writer,
                            .write_rows = options.write_rows,
                            .ledger = ledger_of(state),
                            .probe = options.probe};
  state.supervisor = self->spawn<caf::linked>(
      supervisor, caf::actor_cast<caf::actor>(self),
      restart_limit{context.host->restarts_max, context.host->restart_period});
  // A risk checker that crashed may have applied half an event: the slot starts anew, from the
  // journal.
  self->send(state.supervisor, child_spec{0, "risk_checker", restart_policy::temporary,
                                          [risk](caf::event_based_actor* parent) {
                                            return parent->spawn(risk_checker, risk);
                                          }});
  start_gateways(self);
  return {};
}

} // namespace

void fail_slot(exec_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

namespace {

void take_events(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.risk == nullptr || state.awaiting_answer || state.finishing) return;
  event_batch batch;
  bool has_events = state.sequencer->next_batch(batch, batch_events_max);
  if (fail_on_contradiction(self)) return; // nothing that was released with it is traded
  if (has_events) {
    state.awaiting_answer = true;
    follow_clock(self);
    show_reports(batch, state.guard);
    self->send(state.risk, std::move(batch));
    return;
  }
  bool is_done = state.sequencer->finished();
  state.finishing = is_done;
  send_acks(self);
  if (is_done) self->send(state.risk, finish_trading{});
}

} // namespace

void pump(exec_slot_actor* self) {
  take_events(self);
  hand_over(self);
}

caf::behavior exec_slot(exec_slot_actor* self, exec_slot_options options) {
  keep_crash_reason(self);
  outlive_error_answers(self);
  self->state.options = std::move(options);
  if (auto done = set_up(self); !done) { // will be ended
    fail_slot(self, done.error().message);
    self->set_default_handler(caf::drop);
    return {[](acks_due) {}};
  }
  auto& context = self->state.options.context;
  return {
      // Nothing is downstream of an execution slot.
      [](const link_peers&) {},
      [self, &context](const child_started& started) {
        if (take_gateway_started(self, started)) return;
        self->state.risk = started.handle;
        self->send(context.agent, slot_ready{context.slot});
        pump(self);
      },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Ticks of a data slot, or signals of a calculation slot.
      [self](const link_frame& frame) { take_frame(self, frame); },
      // A sender that is new, or was cut off.
      [self](const link_hello& hello) { greet(self, hello); },
      [self](acks_due) { send_pending_acks(self); },
      // What a broker outside says.
      [self](gateway_news& news) { take_gateway_news(self, news); },
      [self](clock_due) { look_at_clock(self); },
      // What the last batch led to.
      [self](trading_answer& answer) { take_answer(self, answer); },
      [self](const journal_durable& durable) { take_durable(self, durable); },
      [self](const journal_failed& failed) { fail_slot(self, failed.reason); },
      [self](const trading_finished& finished) { report_totals(self, finished); },
      [self](const trading_notice_kept& kept) { take_notice_kept(self, kept); },
      [self](const journal_closed& closed) { finish_slot(self, closed); },
      [self](const operator_bytes& request) { return take_operator_request(self, request); },
      [](const view_changed&) {},
      [self, &context](counters_query) {
        auto promise = self->make_response_promise<slot_counters>();
        count_inputs(self->state);
        auto fallback = slot_counters{context.slot, self->state.report.counts, 0, {}};
        self->request(self->state.risk, totals_timeout, totals_query{})
            .then(
                [self, promise, fallback](const trading_totals& totals) mutable {
                  auto counters = fallback;
                  counters.execution_totals = encode_totals(self->state, totals);
                  promise.deliver(std::move(counters));
                },
                [promise, fallback](const caf::error&) mutable { promise.deliver(fallback); });
        return promise;
      },
  };
}

} // namespace tickmesh
