#include "actors/execution/slot/journal_keeper_actor.hpp"

#include "actors/execution/journal/slot_journal.hpp"
#include "actors/execution/slot/snapshot_keeper_actor.hpp"
#include "runtime/actors/actor_system.hpp"

#include <algorithm>

namespace {

/// Time to sync.
struct sync_journal {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sync_journal)

namespace tickmesh {

namespace {

using journal_keeper_actor = caf::stateful_actor<journal_keeper_state>;

void sync(journal_keeper_actor* self, const journal_keeper_options& options) {
  auto synced = options.log->sync();
  if (synced)
    self->send(options.owner, journal_durable{*synced});
  else
    self->send(options.owner, journal_failed{synced.error().message});
}

void sync_later(journal_keeper_actor* self, std::chrono::milliseconds delay) {
  if (self->state.timer_set) return;
  self->state.timer_set = true;
  self->delayed_send(self, delay, sync_journal{});
}

/// Lets go of what was said not to be needed, once.
void release(journal_keeper_actor* self, const journal_keeper_options& options,
             std::uint64_t needed_after) {
  if (needed_after <= self->state.needed_after) return;
  self->state.needed_after = needed_after;
  if (auto released = options.log->release(needed_after); !released)
    self->send(options.owner, journal_failed{released.error().message});
}

/// Has a snapshot made when a file is full, and enough has come since the last one.
void look_at_files(journal_keeper_actor* self, const journal_keeper_options& options) {
  auto& state = self->state;
  if (!options.start_snapshots || options.settings.snapshot_events == 0) return;
  auto sealed = options.log->sealed_event();
  if (sealed <= state.sealed) return;
  state.sealed = sealed;
  auto event = options.log->synced_event();
  auto last = std::max(state.snapshot_event, options.snapshot_event);
  if (event < last + options.settings.snapshot_events) return;
  state.snapshot_event = event;
  if (!state.snapshots) state.snapshots = options.start_snapshots(self, state.has_ended);
  self->send(state.snapshots, make_snapshot_through{event});
}

/// Syncs what has been appended, unless nothing ever is.
result<void> sync_if_any(const journal_keeper_options& options) {
  if (options.settings.durability == log_durability::never) return {};
  return options.log->sync().map([](auto) {});
}

std::string failure_of(const result<void>& done) {
  return done ? std::string{} : done.error().message;
}

} // namespace

journal_keeper_state::~journal_keeper_state() {
  *has_ended = true;
  if (snapshots) caf::anon_send_exit(snapshots, caf::exit_reason::user_shutdown);
}

caf::behavior journal_keeper(journal_keeper_actor* self, journal_keeper_options given) {
  set_fault_handlers(self);
  auto options = std::make_shared<const journal_keeper_options>(std::move(given));
  return {
      [self, options](const journal_appended& appended) {
        auto& settings = options->settings;
        // What an earlier sync took along is acknowledged already.
        bool is_new = appended.event > options->log->synced_event();
        bool is_always = settings.durability == log_durability::always;
        if (is_always && is_new && appended.is_awaited) sync(self, *options);
        if (is_always && is_new && !appended.is_awaited) sync_later(self, settings.unawaited_sync);
        if (settings.durability == log_durability::interval)
          sync_later(self, settings.sync_interval);
        release(self, *options, appended.needed_after);
        look_at_files(self, *options);
      },
      [self, options](sync_journal) {
        self->state.timer_set = false;
        sync(self, *options);
      },
      [self, options](const keep_trading_notice& keep) {
        auto kept = sync_if_any(*options);
        if (kept) kept = write_halt_file(options->notice_file, keep.notice, *options->files);
        self->send(options->owner, trading_notice_kept{failure_of(kept)});
      },
      [self, options](close_journal) {
        auto closed = sync_if_any(*options);
        if (closed) closed = mark_journal_ended(options->log->directory(), *options->files);
        self->send(options->owner, journal_closed{failure_of(closed)});
      },
      [self, options](end_journal_keeper) {
        bool is_behind = options->log->synced_event() < options->log->last_event();
        if (options->settings.durability != log_durability::never && is_behind)
          sync(self, *options);
        self->quit();
      },
  };
}

caf::actor start_detached_journal_keeper(caf::event_based_actor* parent,
                                         journal_keeper_options options) {
  return parent->spawn<caf::detached + caf::linked>(journal_keeper, std::move(options));
}

caf::actor start_journal_keeper_here(caf::event_based_actor* parent,
                                     journal_keeper_options options) {
  return parent->spawn<caf::linked>(journal_keeper, std::move(options));
}

} // namespace tickmesh
