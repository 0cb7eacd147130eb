#include "runtime/links/link_inbox_actor.hpp"

namespace tickmesh {

void answer_hello(caf::event_based_actor* self, slot_name own, const link_hello& hello,
                  link_inboxes<caf::actor>& inboxes, link_counts& counts) {
  auto* inbox = inboxes.find({static_cast<role>(hello.from_role), hello.from_index});
  if (inbox == nullptr) return;
  auto at = inbox->greet(caf::actor_cast<caf::actor>(self->current_sender()), epoch{hello.epoch},
                         hello.number);
  if (at)
    self->send(inbox->sender(),
               link_resume{static_cast<std::uint8_t>(own.of), own.index, hello.epoch, hello.number,
                           at->number, at->acknowledged, at->open_items});
  else
    ++counts[hellos_refused_count];
}

result<link_inbox<caf::actor>*> admit_frame(caf::event_based_actor* self, slot_name own,
                                            const link_frame& frame,
                                            link_inboxes<caf::actor>& inboxes,
                                            link_counts& counts) {
  auto* inbox = inboxes.find({static_cast<role>(frame.from_role), frame.from_index});
  if (inbox == nullptr) return inbox;
  auto admitted =
      inbox->admit(caf::actor_cast<caf::actor>(self->current_sender()), epoch{frame.epoch},
                   frame.after, frame.number, frame.items, frame.hello);
  if (!admitted) return tl::make_unexpected(admitted.error());
  if (*admitted == frame_admission::accepted) return inbox;
  ++counts[frames_refused_count];
  if (*admitted == frame_admission::gap) {
    ++counts[link_gaps_count];
    self->send(inbox->sender(), link_gap{static_cast<std::uint8_t>(own.of), own.index,
                                         inbox->since().value, inbox->hello()});
  }
  return nullptr;
}

bool is_heard(caf::event_based_actor* self, const link_refusal& refusal,
              link_inboxes<caf::actor>& inboxes) {
  auto* inbox = inboxes.find({static_cast<role>(refusal.from_role), refusal.from_index});
  return inbox != nullptr && epoch{refusal.epoch} == inbox->since() &&
         caf::actor_cast<caf::actor>(self->current_sender()) == inbox->sender();
}

bool send_due_acks(caf::event_based_actor* self, slot_name own, link_inboxes<caf::actor>& inboxes) {
  return inboxes.take_due_acks([self, own](auto& link, std::uint64_t number) {
    self->send(link.sender(), link_ack{static_cast<std::uint8_t>(own.of), own.index,
                                       link.since().value, link.hello(), number});
  });
}

} // namespace tickmesh
