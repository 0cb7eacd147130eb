// The receiving ends of an execution slot's links: what data and calculation slots send goes into
// the merge, and what has left the merge is acknowledged.
#include "actors/execution/slot/exec_slot_actor_steps.hpp"
#include "messages/signal_codec.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// Takes note of the frames whose items have all left the merge, or are left to a later life.
void close_frames(exec_slot_state& state, exec_slot_state::upstream& source,
                  link_inbox<caf::actor>& inbox) {
  auto& inputs = state.sequencer->inputs();
  auto stopped_at =
      inputs.stopped_at(); // a link that is behind it needs credit to come to its stop
  while (!source.open_frames.empty()) {
    auto& frame = source.open_frames.front();
    bool is_open = frame.last_item && !inputs.is_complete_through(*frame.last_item);
    if (is_open && !state.finishing && *frame.last_item < stopped_at) break;
    inbox.finish(frame.number, frame.items, frame.final);
    if (frame.signals > 0)
      state.report.delays[merge_wait_delay].add(
          state.options.context.clock->control_ns() - frame.received_ns, frame.signals);
    source.open_frames.pop_front();
  }
}

bool send_due_acks(exec_slot_actor* self) {
  auto& context = self->state.options.context;
  return self->state.inboxes.take_due_acks(
      [self, &context](const caf::actor& sender, epoch since, std::uint64_t number) {
        self->send(sender, link_ack{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                                    since.value, number});
      });
}

bool is_known(const exec_slot_state& state, symbol_id symbol) {
  return symbol.value < state.options.context.view->symbols.size();
}

tl::unexpected<fault> unknown_symbol(symbol_id symbol) {
  return fail(fmt::format("sent symbol {}, which the view does not have", symbol.value));
}

/// A frame of a data slot: every tick, or the last ones of each mark interval.
result<void> take_ticks(exec_slot_state& state, exec_slot_state::upstream& source,
                        const link_frame& bytes, exec_slot_state::open_frame& open) {
  auto& frame = state.frame;
  if (auto read = read_tick_frame(bytes.payload, frame); !read) return read;
  auto& inputs = state.sequencer->inputs();
  for (auto* runs : {&frame.runs, &frame.marks})
    for (auto& run : *runs) {
      if (!is_known(state, run.symbol)) return unknown_symbol(run.symbol);
      run.symbol = state.ids.of(run.symbol);
      auto marks = state.decoder.decode(run);
      if (!marks) return tl::unexpected(marks.error());
      inputs.push(source.input, *marks);
      // Effective times rise within a run.
      auto last = marks->back().effective_time;
      open.last_item = std::max(open.last_item.value_or(last), last);
      state.report.counts[marks_in_count] += marks->size();
    }
  open.final = frame.final;
  open.promise = frame.time_mark;
  inputs.advance(source.input, frame.time_mark);
  return {};
}

/// A frame of a calculation slot.
result<void> take_signals(exec_slot_state& state, exec_slot_state::upstream& source,
                          const link_frame& bytes, exec_slot_state::open_frame& open) {
  auto frame = decode_signal_frame(bytes.payload);
  if (!frame) return tl::unexpected(frame.error());
  auto& inputs = state.sequencer->inputs();
  open.received_ns = state.options.context.clock->control_ns();
  open.signals = frame->signals.size();
  auto& on_the_way = state.report.delays[calc_to_exec_delay];
  for (auto& s : frame->signals) {
    if (!is_known(state, s.name.symbol)) return unknown_symbol(s.name.symbol);
    on_the_way.add(open.received_ns - s.sent_ns);
    s.name.symbol = state.ids.of(s.name.symbol);
    s.name.strategy = state.ids.of(s.name.strategy);
    inputs.push(source.input, s);
    open.last_item = std::max(open.last_item.value_or(s.effective_time), s.effective_time);
  }
  state.report.counts[signals_in_count] += frame->signals.size();
  open.final = frame->final;
  open.promise = frame->time_mark;
  inputs.advance(source.input, frame->time_mark);
  return {};
}

std::string describe_contradiction(const exec_slot_state& state, const mark_contradiction& other) {
  return fmt::format("the tick log has tick {} of {} at {}, but the journal {} has its tick {} at "
                     "{}: they are not of one "
                     "history; put the tick log and the journal of one run back, or move both away",
                     other.sent.number.value,
                     state.configuration->universe.symbols[other.sent.symbol.value],
                     format_timestamp(other.sent.effective_time), state.log->directory().string(),
                     other.known.value, format_timestamp(other.known_time));
}

} // namespace

void send_acks(exec_slot_actor* self) {
  auto& state = self->state;
  // A sender forgets what is acknowledged: the journal must have it for good.
  if (state.options.settings.journal.durability == log_durability::always &&
      state.log->synced_event() < state.log->last_event())
    return;
  for (auto& [slot, source] : state.sources)
    close_frames(state, source, state.inboxes.at(slot));
  if (send_due_acks(self)) self->delayed_send(self, ack_delay_max, acks_due{});
}

void send_pending_acks(exec_slot_actor* self) {
  self->state.inboxes.ack_wait_is_over();
  send_due_acks(self);
}

void greet(exec_slot_actor* self, const link_hello& hello) {
  auto& state = self->state;
  slot_name from{static_cast<role>(hello.from_role), hello.from_index};
  auto* inbox = state.inboxes.find(from);
  if (inbox == nullptr) return;
  if (hello.earlier_records > 0 && state.began_empty && !state.gateways.empty())
    return fail_slot(
        self,
        fmt::format("the journal {} is empty, but {} has {} records of earlier runs, whose "
                    "signals would be traded again: put the journal back, or move the tick "
                    "logs (host.state_dir/HOST/ticks) away, too",
                    state.log->directory().string(), format_slot(from), hello.earlier_records));
  auto last = inbox->greet(caf::actor_cast<caf::actor>(self->current_sender()), epoch{hello.epoch});
  if (!last) {
    ++state.report.counts[hellos_refused_count];
    return;
  }
  auto& own = state.options.context.slot;
  self->send(inbox->sender(),
             link_resume{static_cast<std::uint8_t>(own.of), own.index, hello.epoch, *last});
}

bool fail_on_contradiction(exec_slot_actor* self) {
  auto& other = self->state.sequencer->inputs().contradiction();
  if (other) fail_slot(self, describe_contradiction(self->state, *other));
  return other.has_value();
}

void take_frame(exec_slot_actor* self, const link_frame& bytes) {
  auto& state = self->state;
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
  auto& source = state.sources.at(from);
  exec_slot_state::open_frame open{bytes.number, bytes.items};
  auto taken = from.of == role::data ? take_ticks(state, source, bytes, open)
                                     : take_signals(state, source, bytes, open);
  if (!taken) return fail_slot(self, format_slot(from) + ": " + taken.error().message);
  if (fail_on_contradiction(self)) return;
  source.open_frames.push_back(open);
  if (open.final) {
    inbox->end();
    if (open.promise == end_of_time)
      state.sequencer->inputs().finish(source.input);
    else
      state.sequencer->inputs().stop(source.input);
  }
  pump(self);
}

} // namespace tickmesh
