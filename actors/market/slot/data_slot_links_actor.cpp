#include "actors/market/slot/data_slot_links_actor.hpp"

#include "actors/market/slot/slot_messages.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <utility>

namespace tickmesh {

void greet_receivers(data_slot_actor* self, const link_peers& peers) {
  auto& state = self->state;
  auto& context = state.options.context;
  for (auto& [slot, receiver] : peers.peers) {
    state.receivers[slot] = receiver;
    self->send(receiver, link_hello{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                                    context.since.value, state.links->say_hello(slot),
                                    state.earlier_records.value});
  }
  if (std::exchange(state.is_wired, true)) return;
  self->delayed_send(self, context.host->link_silence / 2, watch_links_now{});
}

void greet_again(data_slot_actor* self, const link_gap& gap) {
  auto& state = self->state;
  auto found = state.receivers.find({static_cast<role>(gap.from_role), gap.from_index});
  if (found == state.receivers.end() || epoch{gap.epoch} != state.options.context.since) return;
  if (state.links->is_open(found->first)) greet_receivers(self, {{{found->first, found->second}}});
}

result<bool> take_resume(data_slot_actor* self, const link_resume& resume) {
  auto& state = self->state;
  auto& context = state.options.context;
  slot_name from{static_cast<role>(resume.from_role), resume.from_index};
  auto start =
      state.links->resume(from, epoch{resume.epoch}, resume.hello,
                          {resume.number, resume.acknowledged, resume.open_items}, *state.log);
  if (!start) return tl::make_unexpected(start.error());
  if (*start == link_start::too_early) {
    auto reason = fmt::format("{} has records up to {}, and {} keeps them from {} on; raise "
                              "tick_log.wal_keep_mib",
                              format_slot(from), resume.number, format_slot(context.slot),
                              state.log->first_record().value);
    log_error("refused: {}", reason);
    self->send(state.receivers.at(from),
               link_refusal{static_cast<std::uint8_t>(context.slot.of), context.slot.index,
                            context.since.value, std::move(reason)});
  }
  return *start == link_start::heeded;
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
  watch_links(self, state.options.context,
              state.links->due_greetings(state.replicas->accepted(), now), state.suspects,
              state.report.counts,
              [&](const auto& tell) { state.links->tell_suspects(now, tell); });
}

} // namespace tickmesh
