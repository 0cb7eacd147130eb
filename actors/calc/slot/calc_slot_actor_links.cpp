#include "actors/calc/slot/calc_slot_actor_links.hpp"

#include "messages/signal_codec.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace tickmesh {

void fail_slot(calc_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void send_acks(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.unwritten_bytes > state.options.unwritten_bytes_max) return;
  bool starts_timer = state.inboxes.take_due_acks(
      [self, &context](const caf::actor& sender, epoch since, std::uint64_t number) {
        self->send(sender, link_ack{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                                    since.value, number});
      });
  if (starts_timer) self->delayed_send(self, ack_delay_max, calc_acks_due{});
}

namespace {

/// Sends a frame down every link; false when the slot has failed on it.
bool send_frame(calc_slot_actor* self, std::span<const signal> signals, timestamp mark,
                bool final) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto payload = encode_signal_frame(signals, mark, final);
  auto items = static_cast<std::uint32_t>(signals.size());
  for (auto& [slot, down] : state.links) {
    auto in_flight = down.link().in_flight_items() + items;
    if (in_flight > state.options.outbox_signals_max) {
      fail_slot(self, fmt::format("{} signals to {} are not acknowledged; at most {}", in_flight,
                                  format_slot(slot), state.options.outbox_signals_max));
      return false;
    }
    link_frame frame;
    frame.from_role = static_cast<std::uint8_t>(context.slot.of);
    frame.from_index = context.slot.index;
    frame.epoch = down.link().since().value;
    frame.number = down.link().last_number() + 1;
    frame.after = down.send(frame.number, items);
    frame.items = items;
    frame.payload = payload;
    self->send(down.receiver(), std::move(frame));
  }
  return true;
}

} // namespace

void send_signals(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto mark = state.unsent_mark;
  bool final = state.unsent_final && !state.end_sent;
  if (state.unsent_signals.size() > state.options.outbox_signals_max)
    return fail_slot(self,
                     fmt::format("{} signals are not acknowledged; at most {}",
                                 state.unsent_signals.size(), state.options.outbox_signals_max));
  if (!state.links.all_open()) return;
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

void take_hello(calc_slot_actor* self, const link_hello& hello) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto* inbox = state.inboxes.find({static_cast<role>(hello.from_role), hello.from_index});
  if (inbox == nullptr) return;
  auto number =
      inbox->greet(caf::actor_cast<caf::actor>(self->current_sender()), epoch{hello.epoch});
  if (!number) {
    ++state.report.counts[hellos_refused_count];
    return;
  }
  self->send(inbox->sender(), link_resume{static_cast<std::uint8_t>(context.slot.of),
                                          context.slot.index, hello.epoch, *number});
}

} // namespace tickmesh
