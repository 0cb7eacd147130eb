// The only CAF registration: the messages that cross processes. All carry encoded bytes or plain
// numbers; type ids are append-only. Messages that stay in one process are declared where they are
// used, with CAF_ALLOW_UNSAFE_MESSAGE_TYPE.
#pragma once

#include "messages/slot.hpp"
#include "messages/symbol_digest.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// A ControlMessage of cluster.proto, encoded.
struct control_bytes {
  std::string bytes;
};

/// A host presents itself to another one, to which it has connected; is answered by the same.
struct host_hello {
  std::string host_id;
  std::uint64_t incarnation = 0; ///< of its process, as in Join
};

/// Asks a host for the handle of one of its slots; answered when the slot runs. Refused where the
/// host knows of a newer owner.
struct slot_query {
  std::uint8_t role = 0;
  std::uint16_t index = 0;
  std::uint64_t epoch = 0; ///< since which the host owns the slot; 0: whichever it is
};

/// A piece of a link: a TickFrame or SignalFrame, encoded, with its place in the link. On a link of
/// ticks `number` is that of the last tick log record in the frame, so that it may jump.
struct link_frame {
  std::uint8_t from_role = 0;
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;  ///< since which the sender's host owns the slot
  std::uint64_t hello = 0;  ///< number of the hello that this link began with
  std::uint64_t after = 0;  ///< number of the frame before it on this link; 0: the first
  std::uint64_t number = 0; ///< above `after`
  std::uint32_t items = 0;  ///< ticks or signals, the unit of credit
  std::string payload;
};

/// A sender presents itself to a receiver, at its start and after a break.
struct link_hello {
  std::uint8_t from_role = 0; ///< the sender's slot
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;          ///< of the sender's hellos to the receiver: rises
  std::uint64_t earlier_records = 0; ///< of earlier runs, which the sender begins with
};

/// The receiver's answer: it has everything up to `number`; the next frame follows that.
struct link_resume {
  std::uint8_t from_role = 0; ///< the receiver's slot
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0; ///< of the hello
  std::uint64_t hello = 0; ///< number of the hello
  std::uint64_t number = 0;
  std::uint64_t acknowledged = 0; ///< number of the last frame that it is done with
  std::uint64_t open_items = 0;   ///< in the frames between the two, which keep their credit
};

/// The sender no longer keeps what the receiver would need to go on.
struct link_refusal {
  std::uint8_t from_role = 0;
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;
  std::string reason;
};

/// The replica of a calculation slot wants the slot's ticks: the data slot is to say hello to it.
struct ticks_wanted {
  std::uint16_t index = 0; ///< of the calculation slot
  std::string host_id;     ///< of the replica
  std::uint64_t since = 0; ///< number of the view that made it one
};

/// It presents itself to the slot's owner, at first and when it has lost the way to it.
struct shadow_hello {
  std::uint16_t index = 0;
  std::string host_id;
  std::uint64_t since = 0;
};

/// How far a calculation slot is: a record of each data slot, by index, and the time mark.
struct calc_progress {
  std::uint16_t index = 0; ///< of the calculation slot
  std::uint64_t epoch = 0; ///< since which the owner owns it
  std::vector<std::uint64_t> records;
  std::int64_t mark_ns = 0;
};

/// The owner to its replica: execution is done with all signals up to there.
struct signals_safe {
  calc_progress upto;
};

/// The replica to the owner: it has calculated everything up to there, and digests of its state on
/// the way.
struct shadow_state {
  std::string host_id;
  std::uint64_t since = 0;
  calc_progress upto;
  std::vector<symbol_digest> digests; ///< those that it has not told before, as far as they fit
};

/// The owner to a replica that has come to another state than its own: it is to begin again.
struct shadow_refusal {
  std::uint16_t index = 0;
  std::uint64_t since = 0; ///< of the replica, as in its hello
  std::string reason;
};

/// A frame was lost on the way: the sender is to say hello again.
struct link_gap {
  std::uint8_t from_role = 0; ///< the receiver's slot
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0; ///< of the link
  std::uint64_t hello = 0; ///< number of the hello that it began with
};

/// Says that the receiver is done with every frame up to `number`; gives their credit back.
struct link_ack {
  std::uint8_t from_role = 0; ///< the receiver's slot
  std::uint16_t from_index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t hello = 0; ///< number of the hello that the link began with
  std::uint64_t number = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, control_bytes& x) {
  return f(caf::meta::type_name("control_bytes"), x.bytes);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, slot_query& x) {
  return f(caf::meta::type_name("slot_query"), x.role, x.index, x.epoch);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, host_hello& x) {
  return f(caf::meta::type_name("host_hello"), x.host_id, x.incarnation);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_frame& x) {
  return f(caf::meta::type_name("link_frame"), x.from_role, x.from_index, x.epoch, x.hello, x.after,
           x.number, x.items, x.payload);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_hello& x) {
  return f(caf::meta::type_name("link_hello"), x.from_role, x.from_index, x.epoch, x.number,
           x.earlier_records);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_resume& x) {
  return f(caf::meta::type_name("link_resume"), x.from_role, x.from_index, x.epoch, x.hello,
           x.number, x.acknowledged, x.open_items);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_refusal& x) {
  return f(caf::meta::type_name("link_refusal"), x.from_role, x.from_index, x.epoch, x.reason);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, ticks_wanted& x) {
  return f(caf::meta::type_name("ticks_wanted"), x.index, x.host_id, x.since);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, shadow_hello& x) {
  return f(caf::meta::type_name("shadow_hello"), x.index, x.host_id, x.since);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, calc_progress& x) {
  return f(caf::meta::type_name("calc_progress"), x.index, x.epoch, x.records, x.mark_ns);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, signals_safe& x) {
  return f(caf::meta::type_name("signals_safe"), x.upto);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, shadow_state& x) {
  return f(caf::meta::type_name("shadow_state"), x.host_id, x.since, x.upto, x.digests);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, digest_place& x) {
  return f(caf::meta::type_name("digest_place"), x.symbol, x.data_epoch, x.first_tick, x.tick);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, symbol_digest& x) {
  return f(caf::meta::type_name("symbol_digest"), x.at, x.digest);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, shadow_refusal& x) {
  return f(caf::meta::type_name("shadow_refusal"), x.index, x.since, x.reason);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_gap& x) {
  return f(caf::meta::type_name("link_gap"), x.from_role, x.from_index, x.epoch, x.hello);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, link_ack& x) {
  return f(caf::meta::type_name("link_ack"), x.from_role, x.from_index, x.epoch, x.hello, x.number);
}

/// A replica asks the owner of a data slot for the records of its tick log.
struct replica_hello {
  std::uint16_t slot_index = 0;
  std::string host_id;            ///< of the replica
  std::uint64_t last_record = 0;  ///< that the replica holds
  std::uint64_t record_epoch = 0; ///< under which that record was written; 0: none
  std::uint64_t since = 0;        ///< number of the view that made the host a replica
};

/// The owner's answer. The replica drops its records above `keep_until`: they were never accepted.
struct replica_welcome {
  std::uint16_t slot_index = 0;
  std::uint64_t epoch = 0; ///< since which the sender's host owns the slot
  std::uint64_t keep_until = 0;
  std::uint64_t data_epoch = 0; ///< of the numbers in the log
};

/// Records of the tick log, consecutive, as the log holds them.
struct replica_append {
  std::uint16_t slot_index = 0;
  std::uint64_t epoch = 0;
  std::uint64_t first_record = 0;
  std::uint32_t count = 0;
  std::string records;
};

/// The replica holds every record up to `number`, as durable as the settings ask for.
struct replica_ack {
  std::uint16_t slot_index = 0;
  std::string host_id; ///< of the replica
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, replica_hello& x) {
  return f(caf::meta::type_name("replica_hello"), x.slot_index, x.host_id, x.last_record,
           x.record_epoch, x.since);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, replica_welcome& x) {
  return f(caf::meta::type_name("replica_welcome"), x.slot_index, x.epoch, x.keep_until,
           x.data_epoch);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, replica_append& x) {
  return f(caf::meta::type_name("replica_append"), x.slot_index, x.epoch, x.first_record, x.count,
           x.records);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, replica_ack& x) {
  return f(caf::meta::type_name("replica_ack"), x.slot_index, x.host_id, x.epoch, x.number);
}

/// Asks a data slot for the accepted ticks of some of its symbols: those that are kept, and then
/// each as it is accepted. Without symbols, its time marks alone.
///
///   subscriber --subscribe_ticks--> data slot
///   tick_subscription --subscription_answer--> subscriber    (a refusal: the data slot itself)
///   tick_subscription --subscription_frame--> subscriber --subscription_ack--> tick_subscription
///   tick_subscription --subscription_answer (refusal)--> subscriber      (it can't go on)
struct subscribe_ticks {
  std::uint16_t slot_index = 0;
  std::uint64_t ticket = 0; ///< the subscriber's name for this request
  std::vector<std::string> symbols;
  std::vector<std::uint64_t> first; ///< number of the first tick wanted, of each; 0: any
  std::uint64_t after_record = 0;   ///< of the tick log; 0: from its start, see from_now_on
  bool asks_last = false;           ///< the answer is to have subscription_answer::last
};

/// subscribe_ticks::after_record: behind what has been accepted when the request comes.
inline constexpr std::uint64_t from_now_on = UINT64_MAX;

struct subscription_answer {
  std::uint16_t slot_index = 0;
  std::uint64_t ticket = 0;
  std::string refusal;                ///< empty: granted
  std::uint64_t epoch = 0;            ///< since which the sender's host owns the slot
  std::uint64_t record = 0;           ///< the last one that was accepted at this moment
  std::vector<std::uint32_t> symbols; ///< dense ids, in the order of the request
  std::vector<std::uint64_t> last;    ///< number of each one's last tick; 0: none; if asked for
};

/// A piece of a subscription: a TickFrame. Numbers count from 1. Each frame is acknowledged.
struct subscription_frame {
  std::uint64_t ticket = 0;
  std::uint64_t number = 0;
  std::uint64_t record = 0; ///< the subscriber has everything up to this record then
  std::uint32_t items = 0;  ///< ticks, the unit of credit
  std::string payload;
};

struct subscription_ack {
  std::uint64_t ticket = 0;
  std::uint64_t number = 0;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscribe_ticks& x) {
  return f(caf::meta::type_name("subscribe_ticks"), x.slot_index, x.ticket, x.symbols, x.first,
           x.after_record, x.asks_last);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscription_answer& x) {
  return f(caf::meta::type_name("subscription_answer"), x.slot_index, x.ticket, x.refusal, x.epoch,
           x.record, x.symbols, x.last);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscription_frame& x) {
  return f(caf::meta::type_name("subscription_frame"), x.ticket, x.number, x.record, x.items,
           x.payload);
}

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, subscription_ack& x) {
  return f(caf::meta::type_name("subscription_ack"), x.ticket, x.number);
}

/// An OperatorRequest of operator.proto to an execution slot, and its OperatorAnswer.
struct operator_bytes {
  std::string bytes;
};

template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, operator_bytes& x) {
  return f(caf::meta::type_name("operator_bytes"), x.bytes);
}

/// Hash of the Protobuf schemas and of the CAF type list. Hosts whose hashes differ must not talk.
std::uint64_t schema_hash();

} // namespace tickmesh

CAF_BEGIN_TYPE_ID_BLOCK(tickmesh, first_custom_type_id)
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::control_bytes))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::slot_query))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_frame))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_ack))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_hello))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_resume))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::replica_append))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::replica_hello))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::replica_welcome))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::replica_ack))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::subscribe_ticks))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::subscription_answer))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::subscription_frame))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::subscription_ack))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::operator_bytes))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::host_hello))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_refusal))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::link_gap))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::ticks_wanted))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::shadow_hello))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::calc_progress))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::signals_safe))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::shadow_state))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::digest_place))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::symbol_digest))
CAF_ADD_TYPE_ID(tickmesh, (tickmesh::shadow_refusal))
CAF_END_TYPE_ID_BLOCK(tickmesh)
