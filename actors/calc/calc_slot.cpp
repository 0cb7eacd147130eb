#include "actors/calc/calc_slot.hpp"

#include "actors/calc/factor_calculator.hpp"
#include "messages/signal_codec.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/rendezvous.hpp"
#include "runtime/row_writer.hpp"
#include "runtime/supervisor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>

namespace tickmesh {

namespace {

using calc_slot_actor = caf::stateful_actor<calc_slot_state>;

void fail_slot(calc_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void report_ready_when_wired(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.peers_known && state.calculators_missing == 0)
    self->send(context.agent, slot_ready{context.slot});
}

/// Starts a calculator for each symbol that this slot owns.
void start_children(calc_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto slot = caf::actor_cast<caf::actor>(self);
  state.supervisor = self->spawn<caf::linked>(
      supervisor, slot, restart_limit{context.host->restarts_max, context.host->restart_period});
  std::vector<weighted_slot> slots;
  for (auto& name : context.view->slots_of(role::calc))
    slots.push_back({name, 1});
  state.calculators.resize(state.symbols.size());
  for (std::uint32_t i = 0; i < state.symbols.size(); ++i) {
    auto& symbol = state.symbols.name(symbol_id{i});
    if (owner_of(symbol, slots) != context.slot) continue;
    state.own.insert(symbol_id{i});
    ++state.calculators_missing;
    auto* entry = options.instruments->find(symbol);
    factor_calculator_options calculator{symbol_id{i},
                                         symbol,
                                         entry != nullptr ? entry->price_from : price_source::last,
                                         options.strategies,
                                         options.write_rows,
                                         options.probe};
    self->send(state.supervisor,
               child_spec{i, "factor_calculator/" + symbol, restart_policy::permanent,
                          [slot, calculator](caf::event_based_actor* parent) {
                            return parent->spawn(factor_calculator, slot, calculator);
                          }});
  }
}

/// Positions of each own symbol's runs in a frame; of all symbols that the slot does not own, none.
std::map<symbol_id, std::vector<std::size_t>> runs_by_symbol(const tick_frame& frame) {
  std::map<symbol_id, std::vector<std::size_t>> out;
  for (std::size_t i = 0; i < frame.runs.size(); ++i)
    out[frame.runs[i].symbol].push_back(i);
  return out;
}

/// Opens a piece for the new minimum of the data slots' marks. Windows are closed by it only where
/// it passes the end of one.
void open_advance(calc_slot_actor* self) {
  auto& state = self->state;
  auto mark = end_of_time;
  bool final = true;
  for (auto& [slot, source] : state.sources) {
    mark = std::min(mark, source.mark);
    final = final && source.final;
  }
  bool closes_windows =
      std::any_of(state.window_steps.begin(), state.window_steps.end(), [&](nanoseconds step) {
        return last_multiple(mark, step) > last_multiple(state.advanced_to, step);
      });
  if (mark == state.advanced_to && !final) return;
  state.advanced_to = mark;
  calc_slot_state::piece piece;
  piece.mark = mark;
  piece.final = final;
  auto number = state.pieces.open(piece, closes_windows ? state.own : std::set<symbol_id>{});
  if (!closes_windows) return;
  state.replay->add_mark(number, mark);
  for (auto symbol : state.own)
    self->send(state.calculators[symbol.value], advance_windows{number, false, mark});
}

/// Acknowledges frames that are done with, unless the writer is too far behind.
void send_acks(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.unwritten_bytes > state.options.unwritten_bytes_max) return;
  for (; !state.unsent_acks.empty(); state.unsent_acks.pop_front()) {
    auto& [from, number] = state.unsent_acks.front();
    self->send(state.sources.at(from).sender,
               link_ack{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                        context.view->number.value, number});
  }
}

/// Sends a frame down every link; false when the slot has failed on it.
bool send_frame(calc_slot_actor* self, std::span<const signal> signals, timestamp mark,
                bool final) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto payload = encode_signal_frame(signals, mark, final);
  auto items = static_cast<std::uint32_t>(signals.size());
  for (auto& [slot, down] : state.links) {
    auto in_flight = down.link.in_flight_items() + items;
    if (in_flight > state.options.outbox_signals_max) {
      fail_slot(self, fmt::format("{} signals to {} are not acknowledged; at most {}", in_flight,
                                  format_slot(slot), state.options.outbox_signals_max));
      return false;
    }
    link_frame frame;
    frame.from_role = static_cast<std::uint8_t>(context.slot.of);
    frame.from_index = context.slot.index;
    frame.epoch = context.view->number.value;
    frame.number = down.link.last_number() + 1;
    frame.after = down.link.send(frame.number, items);
    frame.items = items;
    frame.payload = payload;
    self->send(down.receiver, std::move(frame));
  }
  return true;
}

/// Sends what has gathered: signals, and the mark behind them.
void send_signals(calc_slot_actor* self, timestamp mark, bool final) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.unsent_signals.empty() && mark == state.sent_mark && !final) return;
  auto now = context.clock->control_ns();
  std::string rows;
  for (auto& s : state.unsent_signals) {
    s.sent_ns = now;
    if (state.options.write_rows)
      append_signal_row(rows, s, state.symbols.name(s.name.symbol),
                        state.strategy_names[s.name.strategy.value]);
  }
  if (!rows.empty()) {
    state.unwritten_bytes += rows.size();
    self->send(context.writer, write_rows{"signals", std::move(rows)});
  }
  state.report.counts[signals_count] += state.unsent_signals.size();
  std::span<const signal> rest{state.unsent_signals};
  do {
    auto part = rest.first(std::min(rest.size(), state.options.frame_signals_max));
    rest = rest.subspan(part.size());
    // The mark covers all of them, so it goes with the last.
    bool last = rest.empty();
    if (!send_frame(self, part, last ? mark : state.sent_mark, last && final)) return;
  } while (!rest.empty());
  state.unsent_signals.clear();
  state.sent_mark = mark;
  state.end_sent = state.end_sent || final;
}

/// Passes on complete pieces, in order.
void send_pieces(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto mark = state.sent_mark;
  bool final = false;
  while (state.pieces.front_is_complete()) {
    auto piece = state.pieces.pop_front();
    if (piece.frame_number == 0) {
      mark = std::max(mark, piece.mark);
      final = final || piece.final;
      continue;
    }
    state.queued_ticks -= piece.ticks;
    state.unsent_acks.emplace_back(piece.from, piece.frame_number);
    if (piece.ticks > 0)
      state.report.delays[calc_delay].add(context.clock->control_ns() - piece.received_ns,
                                          piece.ticks);
    auto& source = state.sources.at(piece.from);
    source.mark = std::max(source.mark, piece.mark);
    source.final = source.final || piece.final;
    open_advance(self);
  }
  send_signals(self, mark, final);
  send_acks(self);
}

void finish_when_done(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.end_sent || state.finished || state.unwritten_bytes > 0) return;
  if (!std::all_of(state.links.begin(), state.links.end(),
                   [](auto& link) { return link.second.link.all_acknowledged(); }))
    return;
  state.finished = true;
  auto& context = state.options.context;
  state.report.moments[finished_moment] = context.clock->control_ns();
  self->send(context.agent, slot_finished{context.slot, state.report});
}

void take_frame(calc_slot_actor* self, const link_frame& bytes) {
  auto& state = self->state;
  auto& context = state.options.context;
  slot_name from{static_cast<role>(bytes.from_role), bytes.from_index};
  auto source = state.sources.find(from);
  if (source == state.sources.end()) return;
  auto admitted = source->second.link.admit(epoch{bytes.epoch}, bytes.after, bytes.number);
  if (!admitted) return fail_slot(self, format_slot(from) + ": " + admitted.error().message);
  if (*admitted != link_receiver::admission::accept) {
    ++state.report.counts["frames_refused"];
    return;
  }
  source->second.sender = caf::actor_cast<caf::actor>(self->current_sender());
  auto decoded = decode_tick_frame(bytes.payload);
  if (!decoded) return fail_slot(self, format_slot(from) + ": " + decoded.error().message);
  auto frame = std::make_shared<const tick_frame>(std::move(*decoded));
  auto now = context.clock->control_ns();
  auto runs = runs_by_symbol(*frame);
  std::set<symbol_id> parts;
  for (auto& [symbol, positions] : runs) {
    if (!state.own.contains(symbol))
      return fail_slot(self,
                       fmt::format("{} sent symbol {}, which {} does not own", format_slot(from),
                                   symbol.value, format_slot(context.slot)));
    parts.insert(symbol);
  }
  for (auto& run : frame->runs)
    if (run.ingest_ns != 0)
      state.report.delays[feed_to_calc_delay].add(now - run.ingest_ns, run.end - run.begin);
  state.queued_ticks += frame->ticks.size();
  auto number = state.pieces.open(
      {from, bytes.number, frame->ticks.size(), frame->time_mark, frame->final, now},
      std::move(parts));
  if (!runs.empty()) state.replay->add_frame(number, bytes.payload);
  for (auto& [symbol, positions] : runs)
    self->send(state.calculators[symbol.value],
               tick_slice{number, false, frame, std::move(positions)});
  send_pieces(self);
}

/// Feeds a restarted calculator from the stream's start. Pieces whose part it had delivered, and
/// which are thus not waited for, are history.
void replay_to(calc_slot_actor* self, symbol_id symbol, const caf::actor& calculator) {
  auto& state = self->state;
  auto entries = state.replay->entries();
  if (!entries)
    return fail_slot(self, fmt::format("factor_calculator/{} cannot be restarted: {}",
                                       state.symbols.name(symbol), entries.error().message));
  for (auto& entry : **entries) {
    bool history = state.pieces.find_waiting(entry.piece, symbol) == nullptr;
    if (entry.payload.empty()) {
      self->send(calculator, advance_windows{entry.piece, history, entry.mark});
      continue;
    }
    auto frame = std::make_shared<const tick_frame>(*decode_tick_frame(entry.payload));
    auto runs = runs_by_symbol(*frame);
    if (auto own = runs.find(symbol); own != runs.end())
      self->send(calculator, tick_slice{entry.piece, history, frame, std::move(own->second)});
  }
}

void take_output(calc_slot_actor* self, calculated& part) {
  auto& state = self->state;
  if (state.pieces.find_waiting(part.piece, part.symbol) == nullptr) return;
  state.report.counts[factors_count] += part.output.factors;
  if (!part.output.factor_rows.empty()) {
    state.unwritten_bytes += part.output.factor_rows.size();
    self->send(state.options.context.writer,
               write_rows{"factors", std::move(part.output.factor_rows)});
  }
  auto& signals = part.output.signals;
  state.unsent_signals.insert(state.unsent_signals.end(), signals.begin(), signals.end());
  state.pieces.complete_part(part.piece, part.symbol);
  send_pieces(self);
  finish_when_done(self);
}

void child_is_running(calc_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  state.calculators[started.key] = started.handle;
  if (started.restarts > 0)
    return replay_to(self, symbol_id{static_cast<std::uint32_t>(started.key)}, started.handle);
  --state.calculators_missing;
  report_ready_when_wired(self);
}

void set_up(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  state.symbols = symbol_table{context.view->symbols};
  state.replay =
      std::make_unique<replay_buffer>(std::uint64_t{context.host->replay_buffer_mib} << 20);
  state.report.counts[factors_count] = 0;
  state.report.counts[signals_count] = 0;
  for (auto& s : state.options.strategies) {
    state.strategy_names.push_back(s.name);
    if (s.mode == strategy_mode::windowed) state.window_steps.insert(s.step);
  }
  for (auto& slot : context.view->slots_of(role::data))
    state.sources.emplace(
        slot, calc_slot_state::upstream{link_receiver{context.view->number}, {}, false, {}});
}

} // namespace

caf::behavior calc_slot(calc_slot_actor* self, calc_slot_options options) {
  keep_crash_reason(self);
  self->state.options = std::move(options);
  set_up(self);
  start_children(self);
  auto& context = self->state.options.context;
  return {
      // The slots downstream.
      [self, &context](const link_peers& peers) {
        for (auto& [slot, receiver] : peers.peers)
          self->state.links.emplace(
              slot,
              calc_slot_state::downstream{
                  receiver, link_sender{context.view->number, context.host->link_window_items}});
        self->state.peers_known = true;
        report_ready_when_wired(self);
      },
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Ticks from a data slot.
      [self](const link_frame& frame) { take_frame(self, frame); },
      // A calculator's part of a piece; a repeat after a restart is dropped.
      [self](calculated& part) { take_output(self, part); },
      [self](const link_ack& ack) {
        auto& state = self->state;
        auto link = state.links.find({static_cast<role>(ack.from_role), ack.from_index});
        if (link == state.links.end()) return;
        if (auto done = link->second.link.acknowledge(epoch{ack.epoch}, ack.number); !done)
          return fail_slot(self, done.error().message);
        finish_when_done(self);
      },
      [self](const rows_written& written) {
        self->state.unwritten_bytes -= written.bytes;
        send_acks(self);
        finish_when_done(self);
      },
      [self, &context](counters_query) -> slot_counters {
        return {context.slot, self->state.report.counts, self->state.queued_ticks, {}};
      },
  };
}

} // namespace tickmesh
