// The actor that makes snapshots of a journal beside the slot that writes it, and lets go of old
// files. It computes and blocks for long, so a process gives it a thread of its own.
//
//   journal_keeper --make_snapshot--> snapshot_keeper
//
// What fails is logged and tried again with the next file: trading goes on without.
#pragma once

#include "actors/execution/recovery/snapshot_maker.hpp"
#include "actors/execution/snapshot/snapshot_shelf.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <memory>

namespace tickmesh {

/// Of the events up to this one, which are durable.
struct make_snapshot_through {
  std::uint64_t event = 0;
};

struct snapshot_keeper_options {
  std::shared_ptr<journal> log;
  snapshot_maker_options maker;
  nanoseconds keeps{}; ///< see snapshot_shelf::tidy
  /// Whether the slot has ended: then nothing that was begun is finished.
  std::shared_ptr<const std::atomic<bool>> has_ended = std::make_shared<std::atomic<bool>>();
};

caf::behavior snapshot_keeper(caf::event_based_actor* self, snapshot_keeper_options options);

/// How a slot starts it: on a thread of its own, or in a test that has but one.
using slot_snapshot_starter =
    std::function<caf::actor(caf::event_based_actor*, snapshot_keeper_options)>;
caf::actor start_detached_snapshot_keeper(caf::event_based_actor* parent,
                                          snapshot_keeper_options options);
caf::actor start_snapshot_keeper_here(caf::event_based_actor* parent,
                                      snapshot_keeper_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::make_snapshot_through)
