#include "actors/calc/slot/calc_slot_actor.hpp"

#include "actors/calc/slot/calc_shadow_actor.hpp"
#include "actors/calc/slot/calc_slot_links_actor.hpp"
#include "actors/calc/slot/factor_calculator_actor.hpp"
#include "messages/caf_types.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/prefetch.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/rendezvous.hpp"
#include "runtime/cluster/slot_supervision_actor.hpp"
#include "runtime/links/link_inbox_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

namespace {

void report_ready_when_wired(calc_slot_actor* self) {
  auto& state = self->state;
  if (state.options.is_replica) return;
  auto& context = state.options.context;
  if (state.links.is_connected() && state.own.all_seated())
    self->send(context.agent, slot_ready{context.slot});
}

void finish_when_done(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.outbox->has_ended() || state.finished || !state.rows->is_empty()) return;
  if (!state.links.all_acknowledged()) return;
  state.finished = true;
  auto& context = state.options.context;
  state.report.moments[finished_moment] = context.clock->control_ns();
  self->send(context.agent, slot_finished{context.slot, state.report});
}

// Pieces of work.

/// Opens a piece for the new minimum of the data slots' marks. Windows are closed by it only where
/// it passes the end of one.
void open_advance(calc_slot_actor* self) {
  auto& state = self->state;
  auto advance = state.marks.take_advance();
  if (!advance) return;
  auto piece = state.pieces.make();
  piece->frame = nullptr;
  piece->mark = advance->mark;
  piece->final = advance->final;
  auto& own = state.own.all();
  piece->open_parts(advance->closes_windows ? own.size() : 0);
  auto number = state.pieces.open(piece);
  if (!advance->closes_windows) return;
  state.replay->add_mark(number, advance->mark);
  for (auto symbol : own)
    self->send(state.own.calculator_of(symbol), calculate_part{piece, state.own.place_of(symbol)});
}

/// Takes over what the calculators have made of a piece.
void take_outputs(calc_slot_actor* self, calc_piece& piece) {
  auto& state = self->state;
  std::uint64_t unpriced = 0, skipped = 0;
  for (auto& output : piece.outputs) {
    *state.factors += output.factors;
    unpriced += output.unpriced;
    skipped += output.quarantined;
    state.rows->add_factors(output.rows);
    if (state.options.write_rows) state.rows->add_signals(output.signals);
    state.report.counts[signals_count] += output.signals.size();
    state.outbox->add(output.signals);
    take_digests(self, output.digests);
    output.clear();
  }
  state.outbox->close_piece(
      {piece.frame != nullptr, piece.from.index, piece.frame_number, piece.mark});
  if (unpriced > 0) state.report.counts[unpriced_count] += unpriced;
  if (skipped > 0) state.report.counts[skipped_count] += skipped;
}

/// A frame has been calculated: it is acknowledged, and its mark counts.
void finish_frame(calc_slot_actor* self, const calc_piece& piece) {
  auto& state = self->state;
  auto ticks = piece.frame->view().ticks;
  state.queued_ticks -= ticks;
  if (ticks > 0)
    state.calc_delays->add(state.options.context.clock->control_ns() - piece.received_ns, ticks);
  state.inboxes.at(piece.from).finish(piece.frame_number, ticks, piece.final);
  state.marks.take(piece.from, piece.mark, piece.final);
  open_advance(self);
}

/// All that comes before `mark` has been calculated.
void cover(calc_slot_state& state, timestamp mark, bool final) {
  state.outbox->cover(mark, final);
  state.rows->settle(final ? end_of_time : mark);
}

/// Passes on complete pieces, in order.
void send_pieces(calc_slot_actor* self) {
  auto& state = self->state;
  while (auto piece = state.pieces.take_complete()) {
    take_outputs(self, *piece);
    if (piece->frame != nullptr)
      finish_frame(self, *piece);
    else
      cover(state, piece->mark, piece->final);
    state.pieces.give_back(std::move(piece));
  }
  send_signals(self);
  write_rows_due(self);
  send_acks(self);
}

// Upstream.

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

/// Deals the parts of a frame to the calculators of its symbols.
void deal_parts(calc_slot_actor* self, const std::shared_ptr<calc_piece>& piece) {
  auto& frame = *piece->frame;
  auto& first_runs = frame.first_runs();
  auto calculator_of = [&](std::size_t part) -> const caf::actor& {
    return self->state.own.calculator_of(frame.view().runs[first_runs[part]].symbol);
  };
  for (std::uint32_t part = 0; part < first_runs.size(); ++part) {
    if (part + actors_prefetched < first_runs.size())
      prefetch_actor<factor_calculator_actor>(calculator_of(part + actors_prefetched));
    self->send(calculator_of(part), calculate_part{piece, part});
  }
}

void take_frame(calc_slot_actor* self, link_frame& bytes) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto inbox = admit_frame(self, context.slot, bytes, state.inboxes, state.report.counts);
  if (!inbox) return fail_slot(self, inbox.error().message);
  if (*inbox == nullptr) return;
  slot_name from{static_cast<role>(bytes.from_role), bytes.from_index};
  auto read = received_frame::read(state.frame_bytes.keep(bytes.payload), state.symbols.size());
  if (!read) return fail_slot(self, format_slot(from) + ": " + read.error().message);
  auto& view = (*read)->view();
  for (auto run : (*read)->first_runs())
    if (auto symbol = view.runs[run].symbol; !state.own.owns(symbol))
      return fail_slot(self,
                       fmt::format("{} sent symbol {}, which {} does not own", format_slot(from),
                                   symbol.value, format_slot(context.slot)));
  if (view.final) (*inbox)->end();
  auto now = context.clock->control_ns();
  note_feed_delays(state, view, now);
  state.queued_ticks += view.ticks;
  auto piece = state.pieces.make();
  piece->frame = *read;
  piece->from = from;
  piece->frame_number = bytes.number;
  piece->received_ns = now;
  piece->final = view.final;
  piece->mark = view.time_mark;
  piece->open_parts((*read)->first_runs().size());
  auto number = state.pieces.open(piece);
  if (!view.runs.empty()) state.replay->add_frame(number, *read);
  deal_parts(self, piece);
  send_pieces(self);
}

// Calculators.

/// Starts a calculator for each symbol that this slot owns.
void start_children(calc_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto slot = caf::actor_cast<caf::actor>(self);
  auto supervision = supervision_of(context);
  supervision.limit.of_each_child = true; // each may be at its own tick of poison
  state.supervisor = self->spawn<caf::linked>(supervisor, slot, supervision);
  std::vector<weighted_slot> slots;
  for (auto& name : context.view->slots_of(role::calc))
    slots.push_back({name, 1});
  auto strategies = share_strategies(options.strategies);
  for (std::uint32_t i = 0; i < state.symbols.size(); ++i) {
    auto& symbol = state.symbols.name(symbol_id{i});
    if (owner_of(symbol, slots) != context.slot) continue;
    state.own.add(symbol_id{i});
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

/// Feeds a calculator from the stream's start: one that was restarted, or that frames have come
/// before. Pieces whose part it had delivered are history.
void replay_to(calc_slot_actor* self, symbol_id symbol, const caf::actor& calculator) {
  auto& state = self->state;
  auto entries = state.replay->entries();
  if (!entries)
    return fail_slot(self, fmt::format("factor_calculator/{} cannot be restarted: {}",
                                       state.symbols.name(symbol), entries.error().message));
  for (auto& entry : **entries) {
    auto& frame = entry.frame;
    auto part = frame ? frame->place_of(symbol) : state.own.place_of(symbol);
    if (part == received_frame::none) continue;
    auto piece = state.pieces.find(entry.piece);
    if (piece != nullptr && !piece->progress.is_done(part))
      self->send(calculator, calculate_part{std::move(piece), part});
    else
      self->send(calculator,
                 recalculate_part{frame, frame ? frame->first_runs()[part] : received_frame::none,
                                  entry.mark});
  }
}

void child_is_running(calc_slot_actor* self, const child_started& started) {
  symbol_id symbol{static_cast<std::uint32_t>(started.key)};
  bool is_restart = started.restarts > 0;
  self->state.own.seat(symbol, started.handle, is_restart);
  if (auto* history = self->state.crashes.find(symbol)) self->send(started.handle, *history);
  replay_to(self, symbol, started.handle);
  if (!is_restart) report_ready_when_wired(self);
}

/// A calculator has crashed; where it crashed before, its symbol is not calculated from there on.
void take_crash(calc_slot_actor* self, const calculation_crashed& crashed) {
  auto& state = self->state;
  auto& at = crashed.at;
  auto before = state.crashes.quarantined();
  if (state.crashes.note(crashed.symbol, at) != crash_judge::verdict::quarantine) return;
  auto slot = format_slot(state.options.context.slot);
  auto& symbol = state.symbols.name(crashed.symbol);
  auto text = fmt::format("{} is in QUARANTINE from {} on, with no more signals: its calculator "
                          "crashed there twice: {}",
                          symbol, format_place(at), crashed.reason);
  log_error("{}: {}", slot, text);
  state.report.counts[quarantine_prefix + symbol] = at.first.value;
  state.report.quarantined[symbol] = text;
  auto max = state.options.quarantined_max;
  if (state.crashes.quarantined() > max && before <= max)
    fail_slot(self, fmt::format("calc.quarantined_max = {} symbols are in quarantine, and one "
                                "more: {}",
                                max, text));
}

void set_up(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  state.link_time.emplace(context.host->link_silence);
  state.suspects = suspect_links{context.slot};
  state.symbols = symbol_table{context.view->symbols};
  state.own = own_symbols<caf::actor>{state.symbols.size()};
  state.outbox = std::make_unique<signal_outbox>(state.options.frame_signals_max);
  state.digests = std::make_unique<digest_book>(state.options.is_replica);
  state.replay =
      std::make_unique<replay_buffer>(std::uint64_t{context.host->replay_buffer_mib} << 20);
  state.factors = &state.report.counts[factors_count];
  state.feed_delays = &state.report.delays[feed_to_calc_delay];
  state.calc_delays = &state.report.delays[calc_delay];
  state.report.counts[signals_count] = 0;
  state.report.rows = context.rows;
  std::vector<std::string> strategy_names;
  for (auto& s : state.options.strategies) {
    strategy_names.push_back(s.name);
    if (s.mode == strategy_mode::windowed) state.marks.close_windows_at(s.step);
  }
  state.rows = std::make_unique<row_outbox>(context.view->symbols, std::move(strategy_names),
                                            state.options.rows_held_bytes_max);
  for (auto& slot : context.view->slots_of(role::data)) {
    state.inboxes.add(slot, context.view->find(slot)->since, context.host->link_window_items);
    state.marks.add(slot);
  }
}

} // namespace

caf::behavior calc_slot(calc_slot_actor* self, calc_slot_options options) {
  set_fault_handlers(self);
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
      // The slots downstream; of a replica those upstream, and the owner.
      [self](const link_peers& peers) {
        if (self->state.options.is_replica) return greet_upstream(self, peers);
        greet_receivers(self, peers);
        report_ready_when_wired(self);
      },
      [self](watch_links_now) {
        watch_receivers(self);
        watch_shadow(self);
      },
      [self](watch_upstream_now) { watch_upstream(self); },
      // Between the slot's owner and its replica.
      [self](const shadow_hello& hello) { meet_shadow(self, hello); },
      [self](const signals_safe& safe) { take_safe(self, safe); },
      [self](const shadow_state& said) { judge_shadow(self, said); },
      [self](const shadow_refusal& refusal) { take_refusal(self, refusal); },
      [self](const link_gap& gap) { greet_again(self, gap); },
      // A slot downstream says where to begin.
      [self](const link_resume& resume) {
        if (!take_resume(self, resume)) return;
        send_signals(self);
        write_rows_due(self);
        finish_when_done(self);
      },
      // A data slot, on a host that may be new, asks where to go on.
      [self, &context](const link_hello& hello) {
        auto& state = self->state;
        answer_hello(self, context.slot, hello, state.inboxes, state.report.counts);
      },
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      [self](const calculation_failed& failed) { fail_slot(self, failed.reason); },
      [self](const calculation_crashed& crashed) { take_crash(self, crashed); },
      // Ticks from a data slot.
      [self](link_frame& frame) { take_frame(self, frame); },
      // A sender no longer keeps what this slot would need to go on.
      [self](const link_refusal& refusal) {
        if (is_heard(self, refusal, self->state.inboxes)) fail_slot(self, refusal.reason);
      },
      [self](const link_ack& ack) {
        auto* link = self->state.links.find({static_cast<role>(ack.from_role), ack.from_index});
        if (link == nullptr || link->link().hello() != ack.hello) return;
        if (auto done = link->acknowledge(epoch{ack.epoch}, ack.number); !done)
          return fail_slot(self, done.error().message);
        tell_shadow(self);
        finish_when_done(self);
      },
      // Acknowledgements have waited long enough.
      [self](calc_acks_due) {
        self->state.inboxes.ack_wait_is_over();
        send_acks(self);
      },
      [self](const rows_written& written) {
        self->state.rows->written(written.bytes);
        write_rows_due(self);
        send_acks(self);
        finish_when_done(self);
      },
      [self](const view_changed& changed) { take_view(self, changed.view); },
      [self, &context](counters_query) -> slot_counters {
        return {context.slot, self->state.report.counts, self->state.queued_ticks, {}};
      },
  };
}

} // namespace tickmesh
