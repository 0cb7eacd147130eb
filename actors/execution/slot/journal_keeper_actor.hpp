// The actor that waits for the disk on behalf of a journal's appender: syncs, and removes what is
// not needed any more. It blocks, so a process gives it a thread of its own.
//
//   appender --journal_appended--> journal_keeper --journal_durable | journal_failed--> appender
//   appender --keep_trading_notice--> journal_keeper --trading_notice_kept--> appender
//   appender --close_journal--> journal_keeper --journal_closed--> appender
//   appender --end_journal_keeper--> (the keeper syncs, answers and ends)
//
// By durability `always`, journal_durable is the local acknowledgement that commands wait for
// (commit_gate): one sync, and one answer, for all that was appended meanwhile. What no command
// waits for is synced soon after, lest a command has to wait for its sync, too. By `interval`, the
// appender acknowledges for itself what `append` has taken, since the kernel has it, and
// journal_durable only says what a power cut would leave, at most once per sync interval. By
// `never` the keeper does not sync, and answers nothing.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/journal/halt_file.hpp"
#include "actors/execution/journal/journal.hpp"

#include <caf/all.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tickmesh {

/// Events were appended up to `event`; those up to `needed_after` are not needed any more.
struct journal_appended {
  std::uint64_t event = 0;
  std::uint64_t needed_after = 0;
  bool is_awaited = true; ///< by commands
};

/// Events up to this one survive the loss of power.
struct journal_durable {
  std::uint64_t event = 0;
};

/// The disk failed: the journal can't go on.
struct journal_failed {
  std::string reason;
};

/// The trading state is to survive the loss of power, beside the journal, which is synced first:
/// what is kept may be ahead of it only where power was lost. Answered once, in the order of the
/// questions; `failure` is empty when it is kept.
struct keep_trading_notice {
  halt_file notice;
};
struct trading_notice_kept {
  std::string failure;
};

/// The log has come to its end: a later run need not go on with it. Answered behind all notices.
struct close_journal {};
struct journal_closed {
  std::string failure; ///< empty: it is closed
};

/// Nothing is appended any more.
struct end_journal_keeper {};

/// Starts whoever makes snapshots of the journal, and takes make_snapshot_through. Called once a
/// file of the journal is full.
using snapshot_keeper_starter = std::function<caf::actor(
    caf::event_based_actor*, std::shared_ptr<const std::atomic<bool>> has_ended)>;

struct journal_keeper_options {
  std::shared_ptr<journal> log;
  journal_settings settings;
  caf::actor owner;                          ///< is told of durable events and of a fault
  std::filesystem::path notice_file{};       ///< where the trading state is kept
  file_system* files = &posix_file_system(); ///< that the notice and the end are written with
  snapshot_keeper_starter start_snapshots{}; ///< without it, no snapshots are made
  std::uint64_t snapshot_event = 0;          ///< of the newest snapshot
};

struct journal_keeper_state {
  ~journal_keeper_state();

  std::uint64_t needed_after = 0;
  bool timer_set = false;
  caf::actor snapshots; ///< not linked: without it, the journal goes on
  std::shared_ptr<std::atomic<bool>> has_ended = std::make_shared<std::atomic<bool>>();
  std::uint64_t sealed = 0;         ///< files up to this event are known to be full
  std::uint64_t snapshot_event = 0; ///< the last one that a snapshot was asked for, or is of
  const char* name = "journal_keeper";
};

caf::behavior journal_keeper(caf::stateful_actor<journal_keeper_state>* self,
                             journal_keeper_options options);

/// How a slot starts its keeper: on a thread of its own, or in a test that has but one.
using journal_keeper_starter =
    std::function<caf::actor(caf::event_based_actor*, journal_keeper_options)>;
caf::actor start_detached_journal_keeper(caf::event_based_actor* parent,
                                         journal_keeper_options options);
caf::actor start_journal_keeper_here(caf::event_based_actor* parent,
                                     journal_keeper_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::journal_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::journal_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::journal_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::keep_trading_notice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_notice_kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::close_journal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::journal_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::end_journal_keeper)
