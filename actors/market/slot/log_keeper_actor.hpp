// The actor that waits for the disk on behalf of a tick log's appender: syncs, seals, and drops
// what is no longer kept. It blocks, so a process gives it a thread of its own.
#pragma once

#include "actors/market/market_settings.hpp"
#include "actors/market/tick_log/tick_log.hpp"
#include "runtime/log/sync_notice.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tickmesh {

/// Records were appended up to `number`. When the log syncs always, it is answered by
/// records_durable, and by log_kept at most once per sync interval; else by log_kept, when the
/// keeper has synced and looked after the log.
struct records_appended {
  record_number number{};
  record_number needed_after{};     ///< links and replicas have all records up to this one
  record_number read_after{};       ///< and so have subscriptions
  std::int32_t finished_before = 0; ///< earlier trading days are over
};
struct log_kept {};

/// To the appender itself: a sync interval has passed since there was something to tell.
struct keeper_due {};
struct records_durable {
  record_number number{};
};

/// Nothing uses the log any more after what came before: the keeper ends.
struct end_keeper {};

/// The disk failed: the log can't go on.
struct log_failed {
  std::string reason;
};

/// Writes the rejected ticks of the whole log as rows of ticks_rejected; answered by
/// rejected_written.
struct write_rejected {
  caf::actor writer;
  std::string rows; ///< see slot_context
};
struct rejected_written {
  std::uint64_t rows = 0; ///< on their way to the writer; of days that are kept
};

struct log_keeper_options {
  std::shared_ptr<tick_log> log;
  std::filesystem::path directory;
  tick_log_settings settings;
  caf::actor owner;                          ///< is told of durable records and of a fault
  file_system* files = &posix_file_system(); ///< that the rejected ticks are read with
};

struct log_keeper_state {
  records_appended upto; ///< the last that it was told
  bool timer_set = false;
  const char* name = "log_keeper";
};

/// A keeper seals, too, so that it is told of records that are never synced.
inline sync_notice<record_number> notice_for_log_keeper(log_durability durability) {
  bool is_told_each = durability == log_durability::always;
  return sync_notice<record_number>{is_told_each ? sync_wish::each : sync_wish::since_answer};
}

/// There is something that the keeper is to be told. The interval between two syncs is the
/// appender's to wait for: the keeper's thread, and its timer that is none of its own, cost more.
template <class Appender>
void tell_keeper_in_time(Appender* self, const tick_log_settings& settings,
                         void (*tell_keeper)(Appender*)) {
  if (settings.durability == log_durability::always)
    tell_keeper(self);
  else
    self->delayed_send(self, settings.sync_interval, keeper_due{});
}

/// The keeper has answered an appender, whose state has `log` and `notice`.
template <class Appender>
void keeper_answered(Appender* self, const tick_log_settings& settings,
                     void (*tell_keeper)(Appender*)) {
  if (self->state.notice.answered(self->state.log->last_record()))
    tell_keeper_in_time(self, settings, tell_keeper);
}

caf::behavior log_keeper(caf::stateful_actor<log_keeper_state>* self, log_keeper_options options);

/// Lets an actor that shares a log with its keeper end behind it: when it has ended, the log is
/// closed, and another actor may open it. Its state has `log`, `keeper` and `end_reason`.
template <class State>
void end_behind_keeper(caf::stateful_actor<State>* self) {
  self->set_exit_handler([self](caf::exit_msg& message) {
    auto& state = self->state;
    if (!message.reason || state.end_reason) return;
    if (state.keeper == nullptr || message.source == state.keeper) {
      self->quit(message.reason);
      return;
    }
    state.end_reason = message.reason;
    self->set_down_handler([self](const caf::down_msg& down) {
      if (down.source != self->state.keeper) return;
      self->state.log.reset();
      self->quit(self->state.end_reason);
    });
    self->monitor(state.keeper);
    self->send(state.keeper, end_keeper{});
    self->set_default_handler(caf::drop);
    self->become([](end_keeper) {}); // nothing else is done any more
  });
}

/// How a slot starts its keeper: on a thread of its own, or in a test that has but one.
using keeper_starter = std::function<caf::actor(caf::event_based_actor*, log_keeper_options)>;
caf::actor start_detached_keeper(caf::event_based_actor* parent, log_keeper_options options);
caf::actor start_keeper_here(caf::event_based_actor* parent, log_keeper_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::records_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::log_kept)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::keeper_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::records_durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::end_keeper)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::log_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::write_rejected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rejected_written)
