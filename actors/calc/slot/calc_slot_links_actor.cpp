#include "actors/calc/slot/calc_slot_links_actor.hpp"

#include "messages/signal_codec.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/links/link_inbox_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <fmt/format.h>

#include <span>
#include <utility>
#include <vector>

namespace tickmesh {

namespace {

/// Sends a frame down every link; false when the slot has failed on it.
bool send_frame(calc_slot_actor* self, std::span<const signal> signals, timestamp mark, bool final,
                const calc_position& covers) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto payload = encode_signal_frame(signals, mark, final);
  auto items = static_cast<std::uint32_t>(signals.size());
  for (auto& [slot, down] : state.links) {
    auto in_flight = down.link().in_flight_items() + items;
    if (in_flight > state.options.signals_held_max) {
      fail_slot(self, fmt::format("{} signals to {} are not acknowledged; at most {}", in_flight,
                                  format_slot(slot), state.options.signals_held_max));
      return false;
    }
    link_frame frame;
    frame.from_role = static_cast<std::uint8_t>(context.slot.of);
    frame.from_index = context.slot.index;
    frame.epoch = down.link().since().value;
    frame.hello = down.link().hello();
    frame.after = down.link().last_number();
    frame.number = frame.after + 1;
    frame.items = items;
    frame.payload = payload;
    auto number = frame.number;
    auto message = caf::make_message(std::move(frame));
    down.send(number, items, {message, covers});
    self->send(down.receiver(), std::move(message));
  }
  return true;
}

} // namespace

void fail_slot(calc_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void write_rows_due(calc_slot_actor* self) {
  for (auto& task : self->state.rows->take_tasks())
    self->send(self->state.options.context.writer,
               make_rows{rows_name(task.file, self->state.report.rows), task.bytes,
                         std::move(task.append)});
}

void send_acks(calc_slot_actor* self) {
  auto& state = self->state;
  if (state.rows->is_behind()) return;
  if (send_due_acks(self, state.options.context.slot, state.inboxes))
    self->delayed_send(self, ack_delay_max, calc_acks_due{});
}

void send_signals(calc_slot_actor* self) {
  auto& state = self->state;
  auto& outbox = *state.outbox;
  if (outbox.size() > state.options.signals_held_max)
    return fail_slot(self, fmt::format("{} signals are not acknowledged; at most {}", outbox.size(),
                                       state.options.signals_held_max));
  if (state.options.is_replica || !state.links.all_open() || !outbox.has_news()) return;
  outbox.stamp(state.options.context.clock->control_ns());
  outbox.send(
      [self, &state](std::span<const signal> signals, timestamp mark, bool final, bool is_all) {
        if (is_all) state.sent = state.outbox->position();
        return send_frame(self, signals, mark, final, state.sent);
      });
}

void greet_receivers(calc_slot_actor* self, const link_peers& peers) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto& host = *context.host;
  for (auto& [slot, receiver] : peers.peers) {
    auto hello =
        state.links.greet(slot, receiver, context.since, host.link_window_items, host.link_silence);
    self->send(receiver, link_hello{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                                    context.since.value, hello, 0});
  }
  if (state.links.is_connected()) return;
  state.links.connected();
  self->delayed_send(self, host.link_silence / 2, watch_links_now{});
}

void greet_again(calc_slot_actor* self, const link_gap& gap) {
  slot_name from{static_cast<role>(gap.from_role), gap.from_index};
  auto* link = self->state.links.find(from);
  bool is_current = link != nullptr && link->is_open() && gap.hello == link->link().hello();
  if (!is_current || epoch{gap.epoch} != link->link().since()) return;
  greet_receivers(self, {{{from, link->receiver()}}});
}

bool take_resume(calc_slot_actor* self, const link_resume& resume) {
  slot_name from{static_cast<role>(resume.from_role), resume.from_index};
  auto* link = self->state.links.find(from);
  if (link == nullptr) return false;
  auto heeded = link->resume(epoch{resume.epoch}, resume.hello,
                             {resume.number, resume.acknowledged, resume.open_items},
                             [&](const held_signals& held) {
                               auto frame = held.frame.get_as<link_frame>(0);
                               frame.hello = resume.hello;
                               self->send(link->receiver(), std::move(frame));
                             });
  if (!heeded) fail_slot(self, format_slot(from) + ": " + heeded.error().message);
  return heeded && *heeded;
}

void watch_receivers(calc_slot_actor* self) {
  auto& state = self->state;
  auto now = state.link_time->read(steady_now(self));
  std::vector<slot_name> due;
  for (auto& [to, link] : state.links)
    if (link.is_greeting_due(now)) due.push_back(to);
  watch_links(self, state.options.context, due, state.suspects, state.report.counts,
              [&](const auto& tell) {
                for (auto& [to, link] : state.links)
                  if (auto silence = link.suspect_silence(now)) tell(to, *silence);
              });
}

} // namespace tickmesh
