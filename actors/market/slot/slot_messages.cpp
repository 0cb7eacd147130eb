#include "actors/market/slot/slot_messages.hpp"

#include <utility>

namespace tickmesh {

link_frame to_message(downstream_frame frame, slot_name slot, epoch since) {
  link_frame out;
  out.from_role = static_cast<std::uint8_t>(slot.of);
  out.from_index = slot.index;
  out.epoch = since.value;
  out.hello = frame.hello;
  out.after = frame.after;
  out.number = frame.number.value;
  out.items = frame.items;
  out.payload = std::move(frame.payload);
  return out;
}

replica_append to_message(replica_records records, slot_name slot, epoch since) {
  return {slot.index, since.value, records.first.value, records.count, std::move(records.bytes)};
}

replica_greeting<record_number> from_message(const replica_hello& hello) {
  return {hello.host_id, epoch{hello.since}, record_number{hello.last_record},
          epoch{hello.record_epoch}};
}

subscription_answer refuse(const subscribe_ticks& request, std::string why) {
  subscription_answer out;
  out.slot_index = request.slot_index;
  out.ticket = request.ticket;
  out.refusal = std::move(why);
  return out;
}

} // namespace tickmesh
