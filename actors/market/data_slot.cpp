#include "actors/market/data_slot.hpp"

#include "actors/market/feed_handler.hpp"
#include "actors/market/symbol_stream.hpp"
#include "messages/tick_codec.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/rendezvous.hpp"
#include "runtime/row_writer.hpp"
#include "runtime/supervisor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickmesh {

namespace {

using data_slot_actor = caf::stateful_actor<data_slot_state>;

/// Rounds between the feed and the links at one time.
constexpr std::uint32_t rounds_in_flight_max = 4;

/// The supervisor's key of the feed handler; symbols have their ids.
constexpr std::uint64_t feed_key = std::uint64_t{1} << 32;

std::vector<weighted_slot> equal_weights(const std::vector<slot_name>& slots) {
  std::vector<weighted_slot> out;
  for (auto& slot : slots)
    out.push_back({slot, 1});
  return out;
}

slot_name require_owner(std::string_view symbol, const std::vector<weighted_slot>& slots) {
  auto owner = owner_of(symbol, slots);
  assert(owner);
  return *owner;
}

void fail_slot(data_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

/// Starts the children: a stream for each symbol that this slot owns, and the feed handler.
void start_children(data_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  auto& symbols = context.view->symbols;
  auto data_slots = equal_weights(context.view->slots_of(role::data));
  auto calc_slots = equal_weights(context.view->slots_of(role::calc));
  state.supervisor = self->spawn<caf::linked>(
      supervisor, caf::actor_cast<caf::actor>(self),
      restart_limit{context.host->restarts_max, context.host->restart_period});
  std::vector<bool> own(symbols.size());
  state.streams.resize(symbols.size());
  state.streams_missing = 1; // the feed handler
  auto slot = caf::actor_cast<caf::actor>(self);
  for (std::uint32_t i = 0; i < symbols.size(); ++i) {
    state.owner_by_symbol.push_back(require_owner(symbols[i], calc_slots));
    own[i] = require_owner(symbols[i], data_slots) == context.slot;
    if (!own[i]) continue;
    ++state.streams_missing;
    symbol_stream_options stream{symbol_id{i},
                                 symbols[i],
                                 options.instruments->find(symbols[i]) != nullptr,
                                 options.cleaning,
                                 options.source->source_names(),
                                 options.write_rows,
                                 options.probe};
    self->send(state.supervisor,
               child_spec{i, "symbol_stream/" + symbols[i], restart_policy::permanent,
                          [slot, stream](caf::event_based_actor* parent) {
                            return parent->spawn(symbol_stream, slot, stream);
                          }});
  }
  self->send(state.supervisor,
             child_spec{feed_key, "feed_handler", restart_policy::temporary,
                        [slot, own, source = options.source, speed = options.speed,
                         ticks_max = context.host->round_ticks_max,
                         clock = context.clock](caf::event_based_actor* parent) {
                          return parent->spawn(feed_handler, slot, source, own, speed, ticks_max,
                                               clock);
                        }});
}

/// Hands out credit for rounds while every link has some.
void grant_rounds(data_slot_actor* self) {
  auto& state = self->state;
  if (state.feed == nullptr || state.end_sent) return;
  bool credit = std::all_of(state.links.begin(), state.links.end(),
                            [](auto& link) { return link.second.link.has_credit(); });
  while (credit && state.rounds.size() + state.rounds_granted < rounds_in_flight_max) {
    ++state.rounds_granted;
    self->send(state.feed, produce_round{state.rounds.front_number()});
  }
}

void finish_when_done(data_slot_actor* self) {
  auto& state = self->state;
  if (!state.end_sent || state.finished) return;
  if (!std::all_of(state.links.begin(), state.links.end(),
                   [](auto& link) { return link.second.link.all_acknowledged(); }))
    return;
  state.finished = true;
  auto& context = state.options.context;
  state.report.moments[finished_moment] = context.clock->control_ns();
  self->send(context.agent, slot_finished{context.slot, state.report});
}

/// Sends a complete round's part down one link.
void send_down(data_slot_actor* self, slot_name to, data_slot_state::downstream& down,
               const data_slot_state::round& round) {
  auto& state = self->state;
  link_frame frame;
  for (auto& [symbol, batch] : round.batches) {
    if (batch.accepted == 0) continue;
    if (to.of == role::calc && state.owner_by_symbol[symbol.value] != to) continue;
    frame.payload += batch.run;
    frame.items += batch.accepted;
  }
  if (frame.items == 0 && round.time_mark == down.time_mark && !round.end) return;
  bool mark_moved = round.time_mark > down.time_mark;
  down.items_since_mark = mark_moved ? 0 : down.items_since_mark + frame.items;
  down.time_mark = round.time_mark;
  auto& context = state.options.context;
  // Ticks behind the last mark can't be merged yet. Were they to use up the credit, the next mark
  // could never be sent.
  if (down.items_since_mark + context.host->round_ticks_max > context.host->link_window_items)
    return fail_slot(self, fmt::format("{} ticks within one time mark interval fill the link to "
                                       "{}; raise host.link_window_items ({}) or lower "
                                       "source.time_mark_interval_ms",
                                       down.items_since_mark, format_slot(to),
                                       context.host->link_window_items));
  append_tick_frame_end(frame.payload, round.time_mark, round.end);
  frame.from_role = static_cast<std::uint8_t>(context.slot.of);
  frame.from_index = context.slot.index;
  frame.epoch = context.view->number.value;
  frame.number = down.link.last_number() + 1;
  frame.after = down.link.send(frame.number, frame.items);
  self->send(down.receiver, std::move(frame));
}

/// Sends complete rounds on, in order.
void send_rounds(data_slot_actor* self) {
  auto& state = self->state;
  while (state.rounds.front_is_complete()) {
    auto round = state.rounds.pop_front();
    std::string rejected_rows;
    for (auto& [symbol, batch] : round.batches) {
      state.report.counts[ticks_accepted_count] += batch.accepted;
      for (std::size_t i = 0; i < reject_reason_count; ++i)
        if (batch.rejects[i] > 0)
          state.report.counts["rejected/" + std::string{reject_reason_names[i]}] +=
              batch.rejects[i];
      rejected_rows += batch.rejected_rows;
    }
    if (!rejected_rows.empty())
      self->send(state.options.context.writer,
                 write_rows{"ticks_rejected", std::move(rejected_rows)});
    for (auto& [to, down] : state.links)
      send_down(self, to, down, round);
    state.end_sent = state.end_sent || round.end;
  }
  grant_rounds(self);
}

void child_is_running(data_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  if (started.restarts > 0) {
    auto symbol = symbol_id{static_cast<std::uint32_t>(started.key)};
    state.streams[symbol.value] = started.handle;
    auto waiting = state.rounds.waiting_for(symbol);
    auto oldest_open =
        waiting.empty() ? state.rounds.front_number() + state.rounds.size() : waiting.front();
    self->send(state.feed, replay_symbol{symbol, started.handle, oldest_open});
    return;
  }
  --state.streams_missing;
  if (started.key != feed_key) {
    state.streams[started.key] = started.handle;
    return;
  }
  // The feed handler starts last: every stream is there.
  state.feed = started.handle;
  self->send(state.feed, stream_handles{state.streams});
  auto& context = state.options.context;
  self->send(context.agent, slot_ready{context.slot});
}

} // namespace

caf::behavior data_slot(data_slot_actor* self, data_slot_options options) {
  keep_crash_reason(self);
  self->state.options = std::move(options);
  auto& context = self->state.options.context;
  self->state.report.counts[ticks_in_count] = 0;
  self->state.report.counts[ticks_accepted_count] = 0;
  return {
      // The slots downstream: from now on this slot can work.
      [self, &context](const link_peers& peers) {
        for (auto& [slot, receiver] : peers.peers)
          self->state.links.emplace(
              slot, data_slot_state::downstream{
                        receiver,
                        link_sender{context.view->number, context.host->link_window_items},
                        {},
                        0});
        start_children(self);
      },
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Every slot of the cluster is ready.
      [self, &context](start_feeds) {
        self->state.report.moments[started_moment] = context.clock->control_ns();
        grant_rounds(self);
      },
      [self](stop_feeds) { self->send(self->state.feed, stop_feeds{}); },
      // The feed has cut a round.
      [self](const round_sent& sent) {
        auto& state = self->state;
        --state.rounds_granted;
        state.report.counts[ticks_in_count] += sent.records;
        if (state.options.speed > 0 && sent.records > 0)
          state.report.delays[source_lateness_delay].add(sent.lateness_ns, sent.records);
        state.rounds.open({{}, sent.time_mark, sent.end}, sent.symbols);
        send_rounds(self);
        finish_when_done(self);
      },
      // A stream has done its part of a round; a repeat after a restart is dropped.
      [self](clean_batch& batch) {
        auto& state = self->state;
        auto* round = state.rounds.find_waiting(batch.round, batch.symbol);
        if (round == nullptr) return;
        auto number = batch.round;
        auto symbol = batch.symbol;
        round->batches.emplace(symbol, std::move(batch));
        state.rounds.complete_part(number, symbol);
        send_rounds(self);
        finish_when_done(self);
      },
      // A receiver is done with frames: their credit is back.
      [self](const link_ack& ack) {
        auto& state = self->state;
        auto link = state.links.find({static_cast<role>(ack.from_role), ack.from_index});
        if (link == state.links.end()) return;
        if (auto done = link->second.link.acknowledge(epoch{ack.epoch}, ack.number); !done)
          return fail_slot(self, done.error().message);
        grant_rounds(self);
        finish_when_done(self);
      },
      [](const rows_written&) {},
      [self, &context](counters_query) -> slot_counters {
        return {context.slot, self->state.report.counts, 0, {}};
      },
  };
}

} // namespace tickmesh
