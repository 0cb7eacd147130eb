// The only CAF registration: the messages that cross processes. All carry encoded bytes or plain
// numbers; type ids are append-only. Messages that stay in one process are declared where they are
// used, with CAF_ALLOW_UNSAFE_MESSAGE_TYPE.
#pragma once

#include "messages/slot.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <string>

namespace tickmesh {

/// A ControlMessage of cluster.proto, encoded.
struct control_bytes {
  std::string bytes;
};

/// Asks a host for the handle of one of its slots; answered when the slot runs.
struct slot_query {
  std::uint8_t role = 0;
  std::uint16_t index = 0;
};

/// A piece of a link: a TickFrame or SignalFrame, encoded, with its place in the link.
struct link_frame {
  std::uint8_t from_role = 0;
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0; ///< consecutive from 1 on each link
  std::uint32_t items = 0;  ///< ticks or signals, the unit of credit
  std::string payload;
};

/// Says that the receiver is done with every frame up to `number`; gives their credit back.
struct link_ack {
  std::uint8_t from_role = 0; ///< the receiver's slot
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, control_bytes& x) {
  return f(caf::meta::type_name("control_bytes"), x.bytes);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, slot_query& x) {
  return f(caf::meta::type_name("slot_query"), x.role, x.index);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_frame& x) {
  return f(caf::meta::type_name("link_frame"), x.from_role, x.from_index, x.epoch, x.number,
           x.items, x.payload);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_ack& x) {
  return f(caf::meta::type_name("link_ack"), x.from_role, x.from_index, x.epoch, x.number);
}

/// Hash of the Protobuf schemas and of the CAF type list. Hosts whose hashes differ must not talk.
std::uint64_t schema_hash();

} // namespace tickmesh

CAF_BEGIN_TYPE_ID_BLOCK(tickmesh, first_custom_type_id)
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::control_bytes))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::slot_query))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_frame))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_ack))
CAF_END_TYPE_ID_BLOCK(tickmesh)
