// Conversions between the values of the control plane and cluster.proto.
#pragma once

#include "actors/control/cluster/cluster_state.hpp"
#include "actors/control/wire/view_codec.hpp"
#include "messages/caf_types.hpp" // allowed: bytes of messages
#include "messages/proto/cluster.pb.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace tickmesh {

/// A ControlMessage ready to be sent.
control_bytes to_bytes(const wire::ControlMessage& message);

/// Nothing when the bytes are not a ControlMessage, or name a slot or a port that can't be.
std::optional<wire::ControlMessage> from_bytes(const control_bytes& bytes);

wire::Join to_wire(const host_join& join);
host_join from_wire(const wire::Join& join);

/// A published view; `addresses` tells where each of its hosts listens.
struct addressed_view {
  cluster_view view;
  std::map<std::string, endpoint> addresses;
};
wire::View to_wire(const addressed_view& view);
addressed_view from_wire(const wire::View& view);

/// Of two moments in ns, of which 0 is none.
std::int64_t earlier_moment(std::int64_t a, std::int64_t b);

wire::SlotEvent to_slot_event(slot_name slot, epoch since);
slot_name from_slot_event(const wire::SlotEvent& event);

} // namespace tickmesh
