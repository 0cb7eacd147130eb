#include "actors/execution/exec_slot.hpp"

#include "actors/execution/risk_checker.hpp"
#include "messages/proto/orders.pb.h"
#include "messages/signal_codec.hpp"
#include "messages/tick_codec.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

using exec_slot_actor = caf::stateful_actor<exec_slot_state>;

/// Marks that are handed to the risk checker at once.
constexpr std::size_t batch_events_max = 4096;

/// What must not happen, by the name under which it is reported.
constexpr std::pair<const char*, std::uint64_t order_anomalies::*> anomaly_counts[] = {
    {"anomaly/ILLEGAL_TRANSITION", &order_anomalies::illegal_transitions},
    {"anomaly/FILL_AFTER_END", &order_anomalies::fills_after_end},
    {"anomaly/DUPLICATE_REPORT", &order_anomalies::duplicate_reports},
    {"anomaly/MALFORMED_REPORT", &order_anomalies::malformed_reports},
    {"anomaly/UNKNOWN_ORDER", &order_anomalies::unknown_orders},
    {"anomaly/CUMULATIVE_MISMATCH", &order_anomalies::cumulative_mismatches},
    {"anomaly/ID_COLLISION", &order_anomalies::id_collisions},
    {"anomaly/QUERIES_EXHAUSTED", &order_anomalies::queries_exhausted},
    {"anomaly/CANCELS_EXHAUSTED", &order_anomalies::cancels_exhausted},
};

/// An answer that takes this long means that the risk checker hangs.
constexpr std::chrono::seconds totals_timeout{5};

void fail_slot(exec_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void hand_over(exec_slot_actor* self) {
  auto& state = self->state;
  state.batch_time = state.batch.back().time;
  state.awaiting_answer = true;
  self->send(state.risk, event_batch{std::exchange(state.batch, {})});
}

/// Gives credit back for frames whose items have all left the merge.
void send_acks(exec_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto& inputs = state.sequencer->inputs();
  for (auto& [slot, source] : state.sources) {
    std::uint64_t done = 0;
    while (!source.open_frames.empty()) {
      auto& frame = source.open_frames.front();
      if (frame.last_item && !inputs.is_complete_through(*frame.last_item)) break;
      done = frame.number;
      source.open_frames.pop_front();
    }
    if (done > 0)
      self->send(source.sender, link_ack{static_cast<std::uint8_t>(context.slot.of),
                                         context.slot.index, context.view->number.value, done});
  }
}

void note_release(exec_slot_actor* self, const signal& s) {
  auto& state = self->state;
  state.trigger_ingest_ns = s.ingest_ns;
  // take_signals has put the time of arrival there.
  state.report.delays[merge_wait_delay].add(state.options.context.clock->control_ns() - s.sent_ns);
}

/// Takes events from the sequencer until one may yield commands, a batch is full, or none is left.
void pump(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.awaiting_answer || state.finishing) return;
  while (auto event = state.sequencer->next()) {
    auto* s = std::get_if<signal>(&event->what);
    state.trigger_ingest_ns = 0;
    if (s != nullptr) note_release(self, *s);
    bool decides = may_yield_commands(*event);
    state.batch.push_back(std::move(*event));
    if (decides || state.batch.size() == batch_events_max) return hand_over(self);
  }
  if (!state.batch.empty()) return hand_over(self);
  send_acks(self);
  if (state.sequencer->finished()) {
    state.finishing = true;
    self->send(state.risk, finish_trading{});
  }
}

bool is_known(const exec_slot_state& state, symbol_id symbol) {
  return symbol.value < state.options.context.view->symbols.size();
}

std::string unknown_symbol(slot_name from, symbol_id symbol) {
  return fmt::format("{} sent symbol {}, which the view does not have", format_slot(from),
                     symbol.value);
}

void take_ticks(exec_slot_actor* self, exec_slot_state::upstream& source, slot_name from,
                const link_frame& bytes) {
  auto& state = self->state;
  auto frame = decode_tick_frame(bytes.payload);
  if (!frame) return fail_slot(self, format_slot(from) + ": " + frame.error().message);
  auto& inputs = state.sequencer->inputs();
  exec_slot_state::open_frame open{bytes.number, std::nullopt};
  for (auto& run : frame->runs) {
    if (!is_known(state, run.symbol)) return fail_slot(self, unknown_symbol(from, run.symbol));
    for (auto i = run.begin; i < run.end; ++i)
      inputs.push(source.input, frame->ticks[i], run.data_epoch);
    // Effective times rise within a run.
    auto last = frame->ticks[run.end - 1].effective_time;
    open.last_item = std::max(open.last_item.value_or(last), last);
  }
  state.report.counts[marks_in_count] += frame->ticks.size();
  source.open_frames.push_back(open);
  inputs.advance(source.input, frame->time_mark);
  if (frame->final) inputs.finish(source.input);
}

void take_signals(exec_slot_actor* self, exec_slot_state::upstream& source, slot_name from,
                  const link_frame& bytes) {
  auto& state = self->state;
  auto frame = decode_signal_frame(bytes.payload);
  if (!frame) return fail_slot(self, format_slot(from) + ": " + frame.error().message);
  auto& inputs = state.sequencer->inputs();
  auto now = state.options.context.clock->control_ns();
  exec_slot_state::open_frame open{bytes.number, std::nullopt};
  for (auto& s : frame->signals) {
    if (!is_known(state, s.name.symbol))
      return fail_slot(self, unknown_symbol(from, s.name.symbol));
    state.report.delays[calc_to_exec_delay].add(now - s.sent_ns);
    s.sent_ns = now; // from here on: when execution got it
    inputs.push(source.input, s);
    open.last_item = std::max(open.last_item.value_or(s.effective_time), s.effective_time);
  }
  state.report.counts[signals_in_count] += frame->signals.size();
  source.open_frames.push_back(open);
  inputs.advance(source.input, frame->time_mark);
  if (frame->final) inputs.finish(source.input);
}

void take_frame(exec_slot_actor* self, const link_frame& bytes) {
  auto& state = self->state;
  slot_name from{static_cast<role>(bytes.from_role), bytes.from_index};
  auto found = state.sources.find(from);
  if (found == state.sources.end()) return;
  auto& source = found->second;
  auto admitted = source.link.admit(epoch{bytes.epoch}, bytes.after, bytes.number);
  if (!admitted) return fail_slot(self, format_slot(from) + ": " + admitted.error().message);
  if (*admitted != link_receiver::admission::accept) {
    ++state.report.counts["frames_refused"];
    return;
  }
  source.sender = caf::actor_cast<caf::actor>(self->current_sender());
  if (from.of == role::data)
    take_ticks(self, source, from, bytes);
  else
    take_signals(self, source, from, bytes);
  pump(self);
}

void take_answer(exec_slot_actor* self, const trading_answer& answer) {
  auto& state = self->state;
  state.awaiting_answer = false;
  bool ordered = std::any_of(answer.commands.begin(), answer.commands.end(), [](auto& command) {
    return std::holds_alternative<order_request>(command);
  });
  if (ordered && state.trigger_ingest_ns != 0)
    state.report.delays[tick_to_order_delay].add(state.options.context.clock->control_ns() -
                                                 state.trigger_ingest_ns);
  state.sequencer->execute(answer.commands, state.batch_time);
  pump(self);
}

void report_totals(exec_slot_actor* self, const trading_totals& totals) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto& counts = state.report.counts;
  for (std::size_t i = 0; i < verdict_names.size(); ++i)
    counts["orders/" + std::string{verdict_names[i]}] = totals.by_verdict[i];
  for (std::size_t i = 0; i < order_status_names.size(); ++i)
    counts["status/" + std::string{order_status_names[i]}] = totals.by_status[i];
  for (std::size_t i = 0; i < order_status_names.size(); ++i)
    counts["entered/" + std::string{order_status_names[i]}] = totals.entered[i];
  counts[fills_count] = totals.fills;
  for (auto& [name, member] : anomaly_counts)
    counts[name] = totals.anomalies.*member;
  counts["repeated_signals"] = totals.repeated_signals;
  counts["unknown_signals"] = totals.unknown_signals;
  auto& merged = state.sequencer->inputs().counts();
  counts["duplicate_marks"] = merged.duplicate_marks;
  counts["duplicate_signals"] = merged.duplicate_signals;
  counts["behind_mark"] = merged.behind_mark;
  counts["events"] = state.sequencer->events();
  state.report.moments[finished_moment] = context.clock->control_ns();
  self->send(context.agent, slot_finished{context.slot, state.report});
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
  std::string waiting;
  for (auto& link : state.sequencer->inputs().waiting_for())
    waiting += (waiting.empty() ? "" : ", ") + link;
  out.set_waiting_for(waiting);
  return out.SerializeAsString();
}

void set_up(exec_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  state.sequencer = std::make_unique<event_sequencer>(options.settings.sim);
  for (role upstream : {role::data, role::calc})
    for (auto& slot : context.view->slots_of(upstream))
      state.sources.emplace(
          slot, exec_slot_state::upstream{link_receiver{context.view->number},
                                          state.sequencer->inputs().add_link(format_slot(slot)),
                                          {},
                                          {}});
  state.report.counts[marks_in_count] = 0;
  state.report.counts[signals_in_count] = 0;
  risk_checker_options risk{
      options.settings,
      make_trading_universe(*options.instruments, context.view->symbols, options.strategies),
      context.writer, options.write_rows, options.probe};
  state.supervisor = self->spawn<caf::linked>(
      supervisor, caf::actor_cast<caf::actor>(self),
      restart_limit{context.host->restarts_max, context.host->restart_period});
  // Orders and positions can't be rebuilt without a journal: a crash stops the host.
  self->send(state.supervisor, child_spec{0, "risk_checker", restart_policy::temporary,
                                          [risk](caf::event_based_actor* parent) {
                                            return parent->spawn(risk_checker, risk);
                                          }});
}

} // namespace

caf::behavior exec_slot(exec_slot_actor* self, exec_slot_options options) {
  keep_crash_reason(self);
  self->state.options = std::move(options);
  set_up(self);
  auto& context = self->state.options.context;
  return {
      // Nothing is downstream of an execution slot.
      [](const link_peers&) {},
      [self, &context](const child_started& started) {
        self->state.risk = started.handle;
        self->send(context.agent, slot_ready{context.slot});
      },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Ticks of a data slot, or signals of a calculation slot.
      [self](const link_frame& frame) { take_frame(self, frame); },
      // What the last batch led to.
      [self](const trading_answer& answer) { take_answer(self, answer); },
      [self](const trading_finished& finished) { report_totals(self, finished.totals); },
      [self, &context](counters_query) {
        auto promise = self->make_response_promise<slot_counters>();
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
