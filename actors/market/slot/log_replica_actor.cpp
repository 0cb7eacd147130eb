#include "actors/market/slot/log_replica_actor.hpp"

#include "actors/market/tick_log/record_codec.hpp"
#include "messages/caf_types.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

namespace {

/// The owner should have answered this hello by now.
struct hello_overdue {
  std::uint64_t hello = 0;
};
/// Time to see whether anything comes of the owner.
struct watch_owner_now {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hello_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(watch_owner_now)

namespace tickmesh {

namespace {

using log_replica_actor = caf::stateful_actor<log_replica_state>;

/// Two hosts that connect to each other at one moment may both drop the connection, and what was
/// sent on it is lost without a word.
constexpr std::chrono::seconds hello_timeout{1};

void fail_replica(log_replica_actor* self, const std::string& reason) {
  auto& context = self->state.options.context;
  self->send(context.agent,
             slot_failed{context.slot,
                         fmt::format("replica of {}: {}", format_slot(context.slot), reason)});
}

/// Learns from a record which days are over.
result<void> note_days(log_replica_state& state, const log_record& record) {
  if (auto read = read_tick_frame(record.payload, state.view); !read)
    return fail(fmt::format("record {}: {}", record.number.value, read.error().message));
  state.days->note_record(state.view, record.trading_day);
  return {};
}

/// The days that were over when the log was left.
result<void> find_finished_days(log_replica_state& state) {
  state.days = std::make_unique<finished_days>(state.options.context.view->symbols.size());
  auto last = state.log->last_record();
  if (last < state.log->first_record()) return {};
  record_batch batch;
  auto read = state.log->read(last - record_number{1}, 0, batch);
  if (!read) return tl::make_unexpected(read.error());
  return batch.records.empty() ? result<void>{} : note_days(state, batch.records.front());
}

/// Lets the keeper seal the files of days that are over.
void close_finished_days(log_replica_state& state) {
  if (auto before = state.days->take_news()) state.log->close_days_before(*before);
}

/// The keeper seals what was left. What may go is said with the next records.
result<void> start_keeper(log_replica_actor* self) {
  auto& options = self->state.options;
  if (auto found = find_finished_days(self->state); !found) return found;
  close_finished_days(self->state);
  self->state.keeper = options.start_keeper(
      self, {self->state.log, slot_log_directory(*options.context.host, options.context.slot),
             settings_for(*options.source, options.settings), caf::actor_cast<caf::actor>(self),
             options.context.files});
  self->monitor(self->state.keeper);
  self->state.notice = notice_for_log_keeper(options.settings.durability);
  auto last = self->state.log->last_record();
  if (self->state.notice.appended(last))
    self->send(self->state.keeper, records_appended{last, {}, {}, 0});
  return {};
}

/// What the view says of this copy.
replica_assignment own_assignment(const slot_context& context) {
  for (auto& replica : context.view->find(context.slot)->replicas)
    if (replica.host_id == context.host->id) return replica;
  return {};
}

/// A copy that the view does not trust is waiting for records. Where none come, the owner may have
/// lost the way to it, and does not know: it is looked for, and greeted, again.
void watch_owner(log_replica_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto now = state.time->read(steady_now(self));
  if (state.watch->is_due(state.heard, own_assignment(context).in_sync, now))
    self->send(context.agent, peer_silent{context.slot, context.slot});
  self->delayed_send(self, context.host->link_silence / 2, watch_owner_now{});
}

void say_hello(log_replica_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto last = state.log->last_record();
  auto written = state.log->epoch_of(last);
  state.welcomed = state.answered = false;
  self->delayed_send(self, hello_timeout, hello_overdue{++state.hellos});
  self->send(state.owner,
             replica_hello{context.slot.index, context.host->id, last.value,
                           written.value_or(epoch{}).value, own_assignment(context).since.value});
}

void acknowledge(log_replica_actor* self, record_number number) {
  auto& state = self->state;
  self->send(state.owner,
             replica_ack{state.options.context.slot.index, state.options.context.host->id,
                         state.owner_since.value, number.value});
}

void be_welcome(log_replica_actor* self) {
  if (auto kept = keep_data_epoch(self->state.options.context, self->state.data_epoch); !kept)
    return fail_replica(self, kept.error().message);
  self->state.welcomed = true;
  acknowledge(self, self->state.log->last_record());
}

/// Makes the log end where the owner says. Its keeper has ended.
result<void> cut_log(log_replica_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto last = state.log->last_record();
  if (state.keep < last && state.keep.value + 1 >= state.log->first_record().value) {
    log_warning("replica of {}: records {} to {} were never accepted and are dropped",
                format_slot(options.context.slot), state.keep.value + 1, last.value);
    return state.log->truncate(state.keep);
  }
  log_warning("replica of {}: its log ends at record {}, the owner's records go on behind {}: it "
              "starts anew",
              format_slot(options.context.slot), last.value, state.keep.value);
  return start_slot_log_anew(std::move(state.log), options.context, *options.source,
                             options.settings, state.keep, state.owner_since)
      .map([&](auto log) { state.log = std::move(log); });
}

void take_welcome(log_replica_actor* self, const replica_welcome& welcome) {
  auto& state = self->state;
  if (epoch{welcome.epoch} < state.owner_since) return;
  state.answered = true;
  ++state.heard;
  state.owner_since = epoch{welcome.epoch};
  state.data_epoch = epoch{welcome.data_epoch};
  state.keep = record_number{welcome.keep_until};
  if (state.log->last_record() == state.keep) return be_welcome(self);
  // The keeper shares the log: it ends before records are dropped.
  self->send(state.keeper, end_keeper{});
}

void keeper_ended(log_replica_actor* self) {
  auto ready = cut_log(self);
  if (ready) ready = start_keeper(self);
  if (ready) return be_welcome(self);
  fail_replica(self, ready.error().message);
  // Its log may be gone: whatever else comes, from its owner or a timer, finds nothing to work on.
  self->set_default_handler(caf::drop);
  self->become([](end_keeper) {});
}

void tell_keeper(log_replica_actor* self) {
  auto last = self->state.log->last_record();
  self->state.notice.told(last);
  self->send(self->state.keeper, records_appended{last, last, last, self->state.days->before()});
}

void take_records(log_replica_actor* self, const replica_append& message) {
  auto& state = self->state;
  if (epoch{message.epoch} != state.owner_since || !state.welcomed) {
    ++state.refused;
    return;
  }
  ++state.heard;
  auto records = read_log_records(message.records);
  if (!records) return fail_replica(self, records.error().message);
  for (auto& record : *records) {
    auto last = state.log->last_record();
    if (record.number <= last) continue;
    // Some were lost on the way: the owner is to go on where this log ends.
    if (record.number.value > last.value + 1) return say_hello(self);
    if (auto noted = note_days(state, record); !noted)
      return fail_replica(self, noted.error().message);
    if (auto appended = state.log->append(record); !appended)
      return fail_replica(self, appended.error().message);
    close_finished_days(state);
  }
  auto last = state.log->last_record();
  if (state.notice.appended(last)) tell_keeper_in_time(self, state.options.settings, tell_keeper);
  if (state.options.settings.durability != log_durability::always) acknowledge(self, last);
}

} // namespace

caf::behavior log_replica(log_replica_actor* self, log_replica_options options) {
  set_fault_handlers(self);
  auto& state = self->state;
  state.options = std::move(options);
  auto& context = state.options.context;
  auto log = open_slot_log(context, *state.options.source, state.options.settings);
  if (!log) {
    fail_replica(self, log.error().message);
    self->set_default_handler(caf::drop);
    return {[](end_keeper) {}};
  }
  state.log = *log;
  for (auto& note : state.log->recovery().notes)
    log_warning("replica of {}: {}", format_slot(context.slot), note);
  if (auto started = start_keeper(self); !started) {
    fail_replica(self, started.error().message);
    self->set_default_handler(caf::drop);
    return {[](end_keeper) {}};
  }
  state.watch.emplace(context.host->link_silence);
  state.time.emplace(context.host->link_silence);
  self->delayed_send(self, context.host->link_silence / 2, watch_owner_now{});
  end_behind_keeper(self);
  self->set_down_handler([self](const caf::down_msg&) { keeper_ended(self); });
  return {
      // The slot's owner, first and after each change.
      [self](const link_peers& peers) {
        if (peers.peers.empty()) return;
        self->state.owner = peers.peers.begin()->second;
        say_hello(self);
      },
      [self](const replica_welcome& welcome) { take_welcome(self, welcome); },
      [self, &context](const hello_overdue& overdue) {
        if (overdue.hello == self->state.hellos && !self->state.answered)
          self->send(context.agent, peer_silent{context.slot, context.slot});
      },
      [self](const replica_append& message) { take_records(self, message); },
      [self](const records_durable& durable) {
        if (self->state.welcomed) acknowledge(self, durable.number);
      },
      [self](keeper_due) { tell_keeper(self); },
      [self](log_kept) { keeper_answered(self, self->state.options.settings, tell_keeper); },
      [self](const log_failed& failed) { fail_replica(self, failed.reason); },
      [&context](const view_changed& changed) { context.view = changed.view; },
      [self](watch_owner_now) { watch_owner(self); },
      [self, &context](counters_query) -> slot_counters {
        return {context.slot, {{"replica_appends_refused", self->state.refused}}, 0, {}};
      },
  };
}

} // namespace tickmesh
