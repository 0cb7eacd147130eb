#include "actors/market/slot/data_slot_links_actor.hpp"

#include "actors/market/slot/slot_messages.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace tickmesh {

namespace {

void say_hello(data_slot_actor* self, link_end to) {
  auto& state = self->state;
  auto& context = state.options.context;
  self->send(state.receivers.at(to),
             link_hello{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                        context.since.value, state.links->say_hello(to),
                        state.earlier_records.value});
}

} // namespace

void greet_receivers(data_slot_actor* self, const link_peers& peers) {
  auto& state = self->state;
  for (auto& [slot, receiver] : peers.peers) {
    state.receivers[slot] = receiver;
    say_hello(self, slot);
  }
  if (std::exchange(state.is_wired, true)) return;
  self->delayed_send(self, state.options.context.host->link_silence / 2, watch_links_now{});
}

void greet_again(data_slot_actor* self, const link_gap& gap) {
  auto& state = self->state;
  if (epoch{gap.epoch} != state.options.context.since) return;
  auto end = state.links->find({static_cast<role>(gap.from_role), gap.from_index}, gap.hello);
  if (end && state.links->is_open(*end)) say_hello(self, *end);
}

void greet_shadow(data_slot_actor* self, const ticks_wanted& wanted) {
  auto& state = self->state;
  slot_name slot{role::calc, wanted.index};
  auto* assignment = state.options.context.view->find(slot);
  if (assignment == nullptr) return;
  bool is_replica = std::ranges::any_of(assignment->replicas, [&](auto& replica) {
    return replica.host_id == wanted.host_id && replica.since == epoch{wanted.since};
  });
  if (!is_replica) return; // of a view that has not come yet: it asks again
  state.receivers[{slot, true}] = caf::actor_cast<caf::actor>(self->current_sender());
  state.shadows[slot] = epoch{wanted.since};
  say_hello(self, {slot, true});
}

void drop_former_shadows(data_slot_actor* self) {
  auto& state = self->state;
  std::erase_if(state.shadows, [&](auto& entry) {
    auto& [slot, since] = entry;
    auto& replicas = state.options.context.view->find(slot)->replicas;
    if (std::ranges::any_of(replicas, [&](auto& r) { return r.since == since; })) return false;
    state.links->drop({slot, true});
    state.receivers.erase({slot, true});
    return true;
  });
}

result<bool> take_resume(data_slot_actor* self, const link_resume& resume) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto from =
      state.links->find({static_cast<role>(resume.from_role), resume.from_index}, resume.hello);
  if (!from) return false;
  auto start =
      state.links->resume(*from, epoch{resume.epoch}, resume.hello,
                          {resume.number, resume.acknowledged, resume.open_items}, *state.log);
  if (!start) return tl::make_unexpected(start.error());
  if (*start == link_start::too_early) {
    auto reason = fmt::format("{} has records up to {}, and {} keeps them from {} on; raise "
                              "tick_log.wal_keep_mib",
                              format_slot(from->slot), resume.number, format_slot(context.slot),
                              state.log->first_record().value);
    log_error("refused: {}", reason);
    self->send(state.receivers.at(*from),
               link_refusal{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                            context.since.value, std::move(reason)});
  }
  return *start == link_start::heeded;
}

result<bool> take_ack(data_slot_actor* self, const link_ack& ack) {
  auto& links = *self->state.links;
  auto from = links.find({static_cast<role>(ack.from_role), ack.from_index}, ack.hello);
  if (!from) return false;
  return links.acknowledge(*from, epoch{ack.epoch}, ack.number);
}

result<void> send_frames(data_slot_actor* self, const accepted_records& records) {
  auto& context = self->state.options.context;
  auto& links = *self->state.links;
  for (auto& [to, receiver] : self->state.receivers)
    for (;;) {
      auto next = links.next_frame(to, records);
      if (!next) return tl::make_unexpected(next.error());
      if (!*next) break;
      self->send(receiver, to_message(std::move(**next), context.slot, context.since));
      if (auto room = links.check_room(to); !room) return room;
    }
  return {};
}

void watch_receivers(data_slot_actor* self) {
  auto& state = self->state;
  auto now = state.link_time->read(steady_now(self));
  std::vector<slot_name> due;
  for (auto& to : state.links->due_greetings(state.replicas->accepted(), now))
    if (to.is_replica)
      say_hello(self, to); // where it has lost the way, it asks itself
    else
      due.push_back(to.slot);
  watch_links(self, state.options.context, due, state.suspects, state.report.counts,
              [&](const auto& tell) { state.links->tell_suspects(now, tell); });
}

} // namespace tickmesh
