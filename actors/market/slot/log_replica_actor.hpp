// The actor that keeps a copy of a data slot's tick log on another host. It asks the owner for the
// records that it lacks, appends what comes, and says how far it has got.
//
//   log_replica --replica_hello--> data_slot --replica_welcome, replica_append--> log_replica
//   log_replica --replica_ack--> data_slot
#pragma once

#include "actors/market/slot/log_keeper_actor.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/tick_log/finished_days.hpp"
#include "runtime/actors/awake_clock.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/links/link_watch.hpp"

#include <caf/all.hpp>

#include <memory>
#include <optional>

namespace tickmesh {

struct log_replica_options {
  slot_context context; ///< of the slot that is copied
  std::shared_ptr<const feed_source> source;
  tick_log_settings settings{};
  keeper_starter start_keeper = start_detached_keeper;
};

struct log_replica_state {
  log_replica_options options;
  std::shared_ptr<tick_log> log;
  caf::actor keeper;
  sync_notice<record_number> notice;
  std::unique_ptr<finished_days> days;
  tick_frame_view view;            ///< of the record at hand; its memory is used again
  caf::error end_reason;           ///< set when it ends, behind its keeper
  caf::actor owner;                ///< the slot's actor on the host that owns it
  epoch owner_since{};             ///< appends of an older owner are refused
  std::uint64_t hellos = 0;        ///< said so far
  bool answered = false;           ///< the last one has been
  bool welcomed = false;           ///< the log is one that the owner's records can be appended to
  record_number keep{};            ///< where it has to end for that
  epoch data_epoch{};              ///< of the owner's numbers
  std::uint64_t refused = 0;       ///< appends of deposed owners
  std::uint64_t heard = 0;         ///< words of the owner that counted
  std::optional<link_watch> watch; ///< of the owner, while the view does not trust this copy
  std::optional<awake_clock> time; ///< by which it is judged
  const char* name = "log_replica";
};

caf::behavior log_replica(caf::stateful_actor<log_replica_state>* self,
                          log_replica_options options);

} // namespace tickmesh
