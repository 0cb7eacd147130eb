#include "messages/caf_types.hpp"

#include "messages/proto/calc.pb.h"
#include "messages/proto/cluster.pb.h"
#include "messages/proto/market.pb.h"
#include "messages/proto/orders.pb.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <xxhash.h>

namespace tickmesh {

std::uint64_t schema_hash() {
  std::string text = "caf: control_bytes(1) slot_query(2) link_frame(7) link_ack(4) link_hello(4) "
                     "link_resume(4) replica_append(5) replica_hello(5) replica_welcome(4) "
                     "replica_ack(4) subscribe_ticks(5) subscription_answer(6) "
                     "subscription_frame(5) subscription_ack(2) calc_progress(4) shadow_state(4) "
                     "shadow_refusal(3) symbol_digest(2) digest_place(4)";
  for (auto* file :
       {wire::TickFrame::descriptor()->file(), wire::SignalFrame::descriptor()->file(),
        wire::ExecutionTotals::descriptor()->file(), wire::ControlMessage::descriptor()->file()})
    text += file->DebugString();
  return XXH3_64bits(text.data(), text.size());
}

} // namespace tickmesh
