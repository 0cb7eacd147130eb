#include "actors/calc/slot/calc_slot_actor.hpp"

#include "actors/calc/slot/calc_slot_actor_links.hpp"
#include "actors/calc/slot/factor_calculator_actor.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/rendezvous.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>

namespace tickmesh {

namespace {

void report_ready_when_wired(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.links.is_connected() && state.calculators_missing == 0)
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
  state.entries.resize(state.symbols.size());
  auto strategies = share_strategies(options.strategies);
  for (std::uint32_t i = 0; i < state.symbols.size(); ++i) {
    auto& symbol = state.symbols.name(symbol_id{i});
    if (owner_of(symbol, slots) != context.slot) continue;
    state.entries[i].is_own = true;
    state.entries[i].own_place = static_cast<std::uint32_t>(state.own.size());
    state.own.push_back(symbol_id{i});
    ++state.calculators_missing;
    auto* entry = options.instruments->find(symbol);
    factor_calculator_options calculator{symbol_id{i},
                                         symbol,
                                         entry != nullptr ? entry->price_from : price_source::last,
                                         strategies,
                                         options.write_rows,
                                         options.probe};
    self->send(state.supervisor,
               child_spec{i, "factor_calculator/" + symbol, restart_policy::permanent,
                          [slot, calculator](caf::event_based_actor* parent) {
                            return parent->spawn(factor_calculator, slot, calculator);
                          }});
  }
}

/// A piece whose memory can be used.
std::shared_ptr<calc_piece> take_spare(calc_slot_state& state) {
  if (state.spare_pieces.empty()) return std::make_shared<calc_piece>();
  auto piece = std::move(state.spare_pieces.back());
  state.spare_pieces.pop_back();
  return piece;
}

/// Opens the next piece; its number.
std::uint64_t open_piece(calc_slot_state& state, std::shared_ptr<calc_piece> piece) {
  state.pieces.push_back(std::move(piece));
  return state.first_piece + state.pieces.size() - 1;
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
  auto piece = take_spare(state);
  piece->frame = nullptr;
  piece->mark = mark;
  piece->final = final;
  piece->open_parts(closes_windows ? state.own.size() : 0);
  auto number = open_piece(state, piece);
  if (!closes_windows) return;
  state.replay->add_mark(number, mark);
  for (auto symbol : state.own) {
    auto& entry = state.entries[symbol.value];
    self->send(entry.calculator, calculate_part{piece, entry.own_place});
  }
}

/// Takes over what the calculators have made of a piece.
void take_outputs(calc_slot_actor* self, calc_piece& piece) {
  auto& state = self->state;
  std::uint64_t unpriced = 0;
  for (auto& output : piece.outputs) {
    *state.factors += output.factors;
    unpriced += output.unpriced;
    if (!output.factor_rows.empty()) {
      state.unwritten_bytes += output.factor_rows.size();
      self->send(state.options.context.writer,
                 write_rows{"factors", std::move(output.factor_rows)});
    }
    auto& signals = output.signals;
    state.unsent_signals.insert(state.unsent_signals.end(), signals.begin(), signals.end());
    output.clear();
  }
  if (unpriced > 0) state.report.counts[unpriced_count] += unpriced;
}

/// A frame has been calculated: it is acknowledged, and its mark counts.
void finish_frame(calc_slot_actor* self, const calc_piece& piece) {
  auto& state = self->state;
  auto ticks = piece.frame->view().ticks;
  state.queued_ticks -= ticks;
  if (ticks > 0)
    state.calc_delays->add(state.options.context.clock->control_ns() - piece.received_ns, ticks);
  state.inboxes.at(piece.from).finish(piece.frame_number, ticks, piece.final);
  auto& source = state.sources.at(piece.from);
  source.mark = std::max(source.mark, piece.mark);
  source.final = source.final || piece.final;
  open_advance(self);
}

/// Passes on complete pieces, in order.
void send_pieces(calc_slot_actor* self) {
  auto& state = self->state;
  while (!state.pieces.empty() && state.pieces.front()->progress.is_complete()) {
    auto piece = std::move(state.pieces.front());
    state.pieces.pop_front();
    ++state.first_piece;
    take_outputs(self, *piece);
    if (piece->frame != nullptr) {
      finish_frame(self, *piece);
    } else {
      state.unsent_mark = std::max(state.unsent_mark, piece->mark);
      state.unsent_final = state.unsent_final || piece->final;
    }
    piece->frame = nullptr;
    state.spare_pieces.push_back(std::move(piece));
  }
  send_signals(self);
  send_acks(self);
}

void finish_when_done(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.end_sent || state.finished || state.unwritten_bytes > 0) return;
  if (!state.links.all_acknowledged()) return;
  state.finished = true;
  auto& context = state.options.context;
  state.report.moments[finished_moment] = context.clock->control_ns();
  self->send(context.agent, slot_finished{context.slot, state.report});
}

/// Counts what the feed's ticks have waited for until now.
void note_feed_delays(calc_slot_state& state, const tick_frame_view& frame, std::int64_t now) {
  for (std::size_t i = 0; i < frame.runs.size();) {
    auto ingest_ns = frame.runs[i].ingest_ns;
    std::uint64_t ticks = 0;
    for (; i < frame.runs.size() && frame.runs[i].ingest_ns == ingest_ns; ++i)
      ticks += frame.runs[i].count;
    if (ingest_ns != 0) state.feed_delays->add(now - ingest_ns, ticks);
  }
}

void take_frame(calc_slot_actor* self, link_frame& bytes) {
  auto& state = self->state;
  auto& context = state.options.context;
  slot_name from{static_cast<role>(bytes.from_role), bytes.from_index};
  auto* inbox = state.inboxes.find(from);
  if (inbox == nullptr) return;
  auto admitted = inbox->admit(caf::actor_cast<caf::actor>(self->current_sender()),
                               epoch{bytes.epoch}, bytes.after, bytes.number);
  if (!admitted) return fail_slot(self, admitted.error().message);
  if (*admitted == frame_admission::refused) {
    ++state.report.counts[frames_refused_count];
    return;
  }
  auto read = received_frame::read(state.frame_bytes.keep(bytes.payload), state.symbols.size());
  if (!read) return fail_slot(self, format_slot(from) + ": " + read.error().message);
  auto& frame = **read;
  auto& view = frame.view();
  for (auto run : frame.first_runs())
    if (auto symbol = view.runs[run].symbol; !state.entries[symbol.value].is_own)
      return fail_slot(self,
                       fmt::format("{} sent symbol {}, which {} does not own", format_slot(from),
                                   symbol.value, format_slot(context.slot)));
  auto now = context.clock->control_ns();
  note_feed_delays(state, view, now);
  state.queued_ticks += view.ticks;
  auto piece = take_spare(state);
  piece->frame = *read;
  piece->from = from;
  piece->frame_number = bytes.number;
  piece->received_ns = now;
  piece->final = view.final;
  if (view.final) inbox->end();
  piece->mark = view.time_mark;
  piece->open_parts(frame.first_runs().size());
  auto number = open_piece(state, piece);
  if (!view.runs.empty()) state.replay->add_frame(number, *read);
  auto& first_runs = frame.first_runs();
  auto calculator_of = [&](std::size_t part) -> const caf::actor& {
    return state.entries[view.runs[first_runs[part]].symbol.value].calculator;
  };
  for (std::uint32_t part = 0; part < first_runs.size(); ++part) {
    if (part + actors_prefetched < first_runs.size())
      prefetch_actor<factor_calculator_actor>(calculator_of(part + actors_prefetched));
    self->send(calculator_of(part), calculate_part{piece, part});
  }
  send_pieces(self);
}

/// Feeds a restarted calculator from the stream's start. Pieces whose part it had delivered are
/// history.
void replay_to(calc_slot_actor* self, symbol_id symbol, const caf::actor& calculator) {
  auto& state = self->state;
  auto entries = state.replay->entries();
  if (!entries)
    return fail_slot(self, fmt::format("factor_calculator/{} cannot be restarted: {}",
                                       state.symbols.name(symbol), entries.error().message));
  for (auto& entry : **entries) {
    auto& frame = entry.frame;
    auto part = frame ? frame->place_of(symbol) : state.entries[symbol.value].own_place;
    if (part == received_frame::none) continue;
    auto* piece =
        entry.piece < state.first_piece ? nullptr : &state.pieces[entry.piece - state.first_piece];
    if (piece != nullptr && !(*piece)->progress.is_done(part))
      self->send(calculator, calculate_part{*piece, part});
    else
      self->send(calculator,
                 recalculate_part{frame, frame ? frame->first_runs()[part] : received_frame::none,
                                  entry.mark});
  }
}

void child_is_running(calc_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  state.entries[started.key].calculator = started.handle;
  if (started.restarts > 0)
    return replay_to(self, symbol_id{static_cast<std::uint32_t>(started.key)}, started.handle);
  --state.calculators_missing;
  report_ready_when_wired(self);
}

void greet_peers(calc_slot_actor* self, const link_peers& peers) {
  auto& state = self->state;
  auto& context = state.options.context;
  state.links.connect(peers.peers, context.since, context.host->link_window_items);
  for (auto& [slot, receiver] : peers.peers)
    self->send(receiver, link_hello{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                                    context.since.value});
  report_ready_when_wired(self);
}

void set_up(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  state.symbols = symbol_table{context.view->symbols};
  state.replay =
      std::make_unique<replay_buffer>(std::uint64_t{context.host->replay_buffer_mib} << 20);
  state.factors = &state.report.counts[factors_count];
  state.feed_delays = &state.report.delays[feed_to_calc_delay];
  state.calc_delays = &state.report.delays[calc_delay];
  state.report.counts[signals_count] = 0;
  for (auto& s : state.options.strategies) {
    state.strategy_names.push_back(s.name);
    if (s.mode == strategy_mode::windowed) state.window_steps.insert(s.step);
  }
  for (auto& slot : context.view->slots_of(role::data)) {
    state.inboxes.add(slot, context.view->number, context.host->link_window_items);
    state.sources.try_emplace(slot);
  }
}

} // namespace

caf::behavior calc_slot(calc_slot_actor* self, calc_slot_options options) {
  keep_crash_reason(self);
  outlive_error_answers(self);
  self->state.options = std::move(options);
  set_up(self);
  start_children(self);
  auto& context = self->state.options.context;
  // The most frequent message stands first: CAF looks for its handler in this order.
  return {
      // The calculators have done their parts of a piece.
      [self](piece_calculated) {
        send_pieces(self);
        finish_when_done(self);
      },
      // The slots downstream.
      [self](const link_peers& peers) { greet_peers(self, peers); },
      // A slot downstream says where to begin.
      [self](const link_resume& resume) {
        auto& state = self->state;
        auto* link = state.links.find({static_cast<role>(resume.from_role), resume.from_index});
        if (link == nullptr || !link->resume(epoch{resume.epoch}, resume.number)) return;
        send_signals(self);
        finish_when_done(self);
      },
      // A data slot, on a host that may be new, asks where to go on.
      [self](const link_hello& hello) { take_hello(self, hello); },
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      [self](const calculation_failed& failed) { fail_slot(self, failed.reason); },
      // Ticks from a data slot.
      [self](link_frame& frame) { take_frame(self, frame); },
      [self](const link_ack& ack) {
        auto* link = self->state.links.find({static_cast<role>(ack.from_role), ack.from_index});
        if (link == nullptr) return;
        if (auto done = link->acknowledge(epoch{ack.epoch}, ack.number); !done)
          return fail_slot(self, done.error().message);
        finish_when_done(self);
      },
      // Acknowledgements have waited long enough.
      [self](calc_acks_due) {
        self->state.inboxes.ack_wait_is_over();
        send_acks(self);
      },
      [self](const rows_written& written) {
        self->state.unwritten_bytes -= written.bytes;
        send_acks(self);
        finish_when_done(self);
      },
      [](const view_changed&) {},
      [self, &context](counters_query) -> slot_counters {
        return {context.slot, self->state.report.counts, self->state.queued_ticks, {}};
      },
  };
}

} // namespace tickmesh
