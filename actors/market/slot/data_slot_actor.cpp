#include "actors/market/slot/data_slot_actor.hpp"

#include "actors/market/slot/data_slot_actor_steps.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/supervisor.hpp"

#include <algorithm>
#include <numeric>

namespace tickmesh {

namespace {

/// Rounds between the feed and the log at one time: more than one only help where several threads
/// work on them, and leave the processor's caches otherwise.
constexpr std::uint32_t rounds_in_flight_max = 4;

std::uint32_t rounds_in_flight(const data_slot_state& state) {
  return std::clamp(state.options.context.host->scheduler_threads, 1U, rounds_in_flight_max);
}

/// Records that wait to be accepted, while the feed is held back.
constexpr std::uint64_t unaccepted_records_max = 64;

/// Fills the report's counts from what the log holds.
void count_totals(data_slot_state& state) {
  auto& totals = state.builder->totals();
  auto& counts = state.report.counts;
  counts[ticks_in_count] = totals.records_in;
  counts[ticks_accepted_count] = totals.accepted;
  for (std::size_t i = 0; i < reject_reason_count; ++i)
    if (totals.rejected[i] > 0)
      counts["rejected/" + std::string{reject_reason_names[i]}] = totals.rejected[i];
  if (!state.silence->is_on()) return;
  counts[symbols_silent_count] = state.silence->silent_now();
  counts[silence_alarms_count] = state.silence->alarms();
}

/// What a live source's log has no rows of any more.
void count_dropped(data_slot_state& state) {
  auto& rejected = state.builder->totals().rejected;
  auto all = std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
  if (state.options.source->is_repeatable() || !state.options.write_rows) return;
  if (all > state.rejected_rows)
    state.report.counts[rejected_dropped_count] = all - state.rejected_rows;
}

/// A source that is read as fast as possible is read at the pace of the slowest link. A paced or
/// live one is never held back by a link: the log is what it goes on from.
bool links_allow_more(const data_slot_state& state) {
  bool at_will = state.options.speed <= 0 && state.options.source->is_repeatable();
  return !at_will || std::all_of(state.links.begin(), state.links.end(), [&](auto& entry) {
    auto& down = entry.second;
    return down.active && down.link.has_credit() &&
           down.position.value + rounds_in_flight_max >= state.accepted->accepted().value;
  });
}

} // namespace

void fail_slot(data_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->state.finished = true;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void grant_rounds(data_slot_actor* self) {
  auto& state = self->state;
  if (!state.started || state.feed == nullptr || state.end_logged || state.finished) return;
  auto waiting = state.log->last_record().value - state.accepted->accepted().value;
  if (waiting > unaccepted_records_max || !links_allow_more(state)) return;
  while (state.rounds.size() + state.rounds_granted < rounds_in_flight(state)) {
    ++state.rounds_granted;
    self->send(state.feed, produce_round{state.first_round});
  }
}

void report_ready_when_set_up(data_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.ready || state.feed == nullptr) return;
  // When the cluster is formed, all copies are to be there; later, the slot is needed at once.
  if (context.since == context.view->formed && !replicas_are_in_sync(state)) return;
  state.ready = true;
  self->send(context.agent, slot_ready{context.slot});
}

void finish_when_done(data_slot_actor* self) {
  auto& state = self->state;
  if (!state.end_logged || state.finished || !links_are_done(state)) return;
  auto& context = state.options.context;
  if (state.options.write_rows && !state.rejected_asked) {
    state.rejected_asked = true;
    self->send(state.keeper, write_rejected{context.writer});
    return;
  }
  if (state.options.write_rows && !state.rejected_written) return;
  state.report.moments.try_emplace(finished_moment, context.clock->control_ns());
  if (!subscriptions_are_done(self)) return;
  state.finished = true;
  count_totals(state);
  count_dropped(state);
  self->send(context.agent, slot_finished{context.slot, state.report});
}

caf::behavior data_slot(data_slot_actor* self, data_slot_options options) {
  keep_crash_reason(self);
  outlive_error_answers(self);
  self->state.options = std::move(options);
  end_behind_keeper(self);
  start_children(self);
  if (self->state.finished) { // it has said why it can't start, and will be ended
    self->set_default_handler(caf::drop);
    return {[](end_keeper) {}};
  }
  auto& context = self->state.options.context;
  self->set_down_handler([self](const caf::down_msg& down) { take_subscription_down(self, down); });
  // The most frequent message stands first: CAF looks for its handler in this order.
  return {
      // The streams have done their parts of a round.
      [self](round_cleaned) { log_complete_rounds(self); },
      // The slots downstream.
      [self](const link_peers& peers) { add_links(self, peers); },
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Every slot of the cluster is ready.
      [self, &context](start_feeds) {
        self->state.started = true;
        self->state.report.moments[started_moment] = context.clock->control_ns();
        grant_rounds(self);
        finish_when_done(self);
      },
      [self](stop_feeds) { self->send(self->state.feed, stop_feeds{}); },
      // The feed has cut a round.
      [self](const round_sent& sent) { take_round(self, sent); },
      // The log's keeper.
      [self](const records_durable& durable) {
        self->state.accepted->logged(durable.number);
        send_accepted(self);
      },
      [self](log_kept) { keeper_answered(self); },
      [self](const log_failed& failed) { fail_slot(self, failed.reason); },
      [self](const rejected_written& written) {
        self->state.rejected_written = true;
        self->state.rejected_rows = written.rows;
        finish_when_done(self);
      },
      // Receivers: where to go on, and what they are done with.
      [self](const link_resume& resume) { resume_link(self, resume); },
      [self](const link_ack& ack) { take_ack(self, ack); },
      // Whoever wants to see ticks, and the actors that send them.
      [self](const subscribe_ticks& request) { open_subscription(self, request); },
      [self](const records_wanted& wanted) { want_records(self, wanted); },
      [self](subscriptions_overdue) {
        self->state.subscriptions.overdue = true;
        finish_when_done(self);
      },
      // Replicas of the log.
      [self](const replica_hello& hello) {
        greet_replica(self, caf::actor_cast<caf::actor>(self->current_sender()), hello);
      },
      [self](const replica_ack& ack) { take_replica_ack(self, ack); },
      [self](check_replicas_now) { check_replicas(self); },
      [self](const view_changed& changed) { apply_view(self, changed.view); },
      [self, &context](counters_query) -> slot_counters {
        if (self->state.builder) count_totals(self->state);
        // The answer comes in time for the next query.
        if (self->state.feed) self->send(self->state.feed, source_counts_query{});
        return {context.slot, self->state.report.counts, 0, {}};
      },
      // What the source has met.
      [self](const source_counts& counts) {
        for (auto& [name, count] : counts.by_name)
          self->state.report.counts[source_count_prefix + name] = count;
      },
  };
}

} // namespace tickmesh
