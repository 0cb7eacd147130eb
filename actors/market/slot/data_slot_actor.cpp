#include "actors/market/slot/data_slot_actor.hpp"

#include "actors/market/slot/data_slot_links_actor.hpp"
#include "actors/market/slot/data_slot_start_actor.hpp"
#include "actors/market/slot/replica_records.hpp"
#include "actors/market/slot/slot_log.hpp"
#include "actors/market/slot/slot_messages.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <utility>

namespace {

/// Time to look for replicas that no longer answer.
struct check_replicas_now {};
/// Subscribers have been waited for long enough.
struct subscriptions_overdue {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(check_replicas_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(subscriptions_overdue)

namespace tickmesh {

namespace {

void fail_slot(data_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->state.end->fail();
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

/// The slot's stream has ended, and every receiver is done with all of it.
bool is_passed_on(const data_slot_state& state) {
  return state.records->is_ended() && state.links->are_done(state.log->last_record());
}

/// Hands out credit for rounds.
void grant_rounds(data_slot_actor* self) {
  auto& state = self->state;
  auto& feed = state.children.feed();
  bool is_done = state.records->is_ended() || state.end->is_over();
  if (!state.started || feed == nullptr || is_done) return;
  auto accepted = state.replicas->accepted();
  auto waiting = state.log->last_record() - accepted;
  if (waiting.value > state.options.log.unaccepted_records_max) return;
  // A source that is read as fast as possible is read at the pace of the slowest link. A paced or
  // live one is never held back by a link: the log is what it goes on from.
  bool at_will = state.options.speed <= 0 && state.options.source->is_repeatable();
  if (at_will && !state.links->keep_up(accepted, state.options.context.host->rounds_in_flight_max))
    return;
  while (state.rounds->grant())
    self->send(feed, produce_round{state.rounds->oldest_number()});
}

/// By which replicas are judged.
nanoseconds replica_time(data_slot_actor* self) {
  return self->state.replica_time->read(steady_now(self));
}

/// Tells the host agent, once, that the slot can work.
void report_ready_when_set_up(data_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (state.ready || state.children.feed() == nullptr) return;
  if (!state.is_wired || !state.links->are_open()) return;
  // When the cluster is formed, all copies are to be there; later, the slot is needed at once.
  if (context.since == context.view->formed && !state.replicas->are_in_sync()) return;
  state.ready = true;
  self->send(context.agent, slot_ready{context.slot});
}

void finish_when_done(data_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto step = state.end->next(is_passed_on(state), state.subscriptions.are_done());
  if (step == slot_end::step::wait) return;
  if (step == slot_end::step::write_rejected)
    return self->send(state.keeper, write_rejected{context.writer, context.rows});
  state.report.moments.try_emplace(finished_moment, context.clock->control_ns());
  if (step == slot_end::step::wait_for_subscribers) {
    if (state.subscriptions.begin_linger())
      self->delayed_send(self, state.options.log.subscription_linger, subscriptions_overdue{});
    return;
  }
  auto& totals = state.records->totals();
  count_totals(totals, state.alarms->silence(), state.report.counts);
  if (!state.options.source->is_repeatable() && state.end->writes_rows())
    count_dropped(totals, state.end->rejected_rows(), state.report.counts);
  state.report.rows = context.rows;
  self->send(context.agent, slot_finished{context.slot, state.report});
}

void tell_subscriptions(data_slot_actor* self, record_number accepted) {
  self->state.subscriptions.tell_accepted(accepted, [&](const caf::actor& subscription) {
    self->send(subscription, records_accepted{accepted});
  });
}

/// Passes on what is accepted, and does what follows from that.
void send_accepted(data_slot_actor* self) {
  auto& state = self->state;
  auto accepted = state.replicas->accepted();
  accepted_records records{*state.log, state.records->recent(), accepted,
                           state.records->is_ended()};
  if (auto sent = send_frames(self, records); !sent) return fail_slot(self, sent.error().message);
  tell_subscriptions(self, accepted);
  if (auto up_to = state.release.take(accepted); !up_to.empty())
    self->send(state.children.feed(), rounds_logged{std::move(up_to)});
  grant_rounds(self);
  finish_when_done(self);
}

void tell_keeper(data_slot_actor* self) {
  auto& state = self->state;
  auto last = state.log->last_record();
  state.notice.told(last);
  auto needed =
      state.replicas->held_by_all(state.links->acknowledged_by_all(state.replicas->logged()));
  self->send(state.keeper, records_appended{last, needed, state.subscriptions.read_by_all(last),
                                            state.records->finished_before()});
}

/// A complete round becomes a record.
void log_round(data_slot_actor* self, market_round& round) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto number = state.records->write(round, *state.log);
  if (!number) return fail_slot(self, number.error().message);
  if (!*number) return;
  if (!state.options.source->is_repeatable())
    state.release.logged(**number, state.records->totals().positions);
  if (state.options.log.durability != log_durability::always) state.replicas->logged(**number);
  if (!state.alarms->note(round.parts(), round.records.time_mark)) return;
  log_burst::instant now{nanoseconds{context.clock->control_ns()}};
  for (auto& line : state.alarms->say(context.view->symbols, now))
    log_warning("{}", line);
}

void watch_replicas(data_slot_actor* self) {
  if (self->state.replicas->begin_watch())
    self->delayed_send(self, self->state.options.cluster.replica_ack_timeout / 4,
                       check_replicas_now{});
}

/// Sends the replicas what they lack, as far as their windows go.
void replicate(data_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  using batch = replica_links<record_number, log_replica_peer>::batch;
  auto send_to = [&](log_replica_peer& peer, record_number after) -> std::optional<batch> {
    auto records = read_replica_records(after, state.records->recent(), *state.log, peer.cursor);
    if (!records) {
      log_error("{} can't go on with a replica: {}", format_slot(context.slot),
                records.error().message);
      return std::nullopt;
    }
    batch sent{records->last, records->bytes.size()};
    self->send(peer.handle, to_message(std::move(*records), context.slot, context.since));
    return sent;
  };
  state.replicas->send_lacking(state.log->last_record(), send_to);
  watch_replicas(self);
}

/// Makes records of complete rounds, in order, and passes on what they lead to.
void log_complete_rounds(data_slot_actor* self) {
  auto& state = self->state;
  while (!state.end->is_over()) {
    auto* round = state.rounds->oldest_complete();
    if (round == nullptr) break;
    log_round(self, *round);
    state.rounds->drop_oldest(); // from here on the feed may use it again
  }
  if (state.notice.appended(state.log->last_record()))
    tell_keeper_in_time(self, state.options.log, tell_keeper);
  replicate(self);
  send_accepted(self);
}

void take_round(data_slot_actor* self, const round_sent& sent) {
  auto& state = self->state;
  auto& records = sent.round->records;
  state.feed->came(records);
  state.report.counts[generator_cpu_count] =
      static_cast<std::uint64_t>(sent.round->generator_cpu_ns);
  if (state.options.speed > 0 && records.records > 0 && !records.history)
    state.report.delays[source_lateness_delay].add(records.lateness_ns, records.records);
  state.rounds->push(sent.round);
  log_complete_rounds(self);
}

/// A receiver has said something: passes on what that allows.
void take_word(data_slot_actor* self, const result<bool>& is_heeded) {
  if (!is_heeded) return fail_slot(self, is_heeded.error().message);
  if (*is_heeded) send_accepted(self);
}

void report_replica(data_slot_actor* self, const replica_assignment& replica) {
  auto& context = self->state.options.context;
  self->send(context.agent,
             replica_state_changed{context.slot, replica.host_id, replica.in_sync, replica.since});
}

void welcome_replica(data_slot_actor* self, const std::string& host, record_number keep) {
  auto& state = self->state;
  auto& context = state.options.context;
  self->send(
      state.replicas->peer(host).handle,
      replica_welcome{context.slot.index, context.since.value, keep.value, state.data_epoch.value});
}

void greet_replica(data_slot_actor* self, const replica_hello& hello) {
  auto& state = self->state;
  log_replica_peer peer{caf::actor_cast<caf::actor>(self->current_sender())};
  auto keep =
      state.replicas->greet(from_message(hello), std::move(peer), *state.log, replica_time(self));
  if (keep) welcome_replica(self, hello.host_id, *keep);
}

void take_replica_ack(data_slot_actor* self, const replica_ack& ack) {
  auto& state = self->state;
  auto hearing = state.replicas->acknowledge(ack.host_id, epoch{ack.epoch},
                                             record_number{ack.number}, replica_time(self));
  if (!hearing.is_heard) return;
  if (hearing.news) report_replica(self, *hearing.news);
  replicate(self);
  report_ready_when_set_up(self);
  send_accepted(self);
}

void check_replicas(data_slot_actor* self) {
  auto& state = self->state;
  auto slot = format_slot(state.options.context.slot);
  for (auto& silent : state.replicas->check(state.log->last_record(), replica_time(self))) {
    if (silent.is_let_go) {
      log_error("{}: neither the replica on {} nor the control host answers: SINGLE COPY, as "
                "cluster.on_two_faults allows",
                slot, silent.replica.host_id);
      continue;
    }
    log_warning("{}: the replica on {} has not acknowledged anything for {} ms", slot,
                silent.replica.host_id, silent.silence.count() / 1'000'000);
    report_replica(self, silent.replica);
  }
  if (state.replicas->is_watched())
    self->delayed_send(self, state.options.cluster.replica_ack_timeout / 4, check_replicas_now{});
  send_accepted(self);
}

void apply_view(data_slot_actor* self, std::shared_ptr<const cluster_view> next) {
  auto& state = self->state;
  auto& context = state.options.context;
  context.view = std::move(next);
  for (auto& [host, keep] : state.replicas->take_view(context.view->find(context.slot)->replicas,
                                                      *state.log, replica_time(self)))
    welcome_replica(self, host, keep);
  for (auto& replica : state.replicas->differences())
    report_replica(self, replica);
  watch_replicas(self);
  drop_former_shadows(self);
  report_ready_when_set_up(self);
  send_accepted(self);
}

void open_subscription(data_slot_actor* self, const subscribe_ticks& request) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto subscriber = caf::actor_cast<caf::actor>(self->current_sender());
  if (subscriber == nullptr) return;
  auto wanted = read_request({request.slot_index, request.symbols, request.first},
                             {context.slot, context.view->symbols, state.owners.own,
                              state.subscriptions.size(), state.options.log.subscriptions_max});
  if (!wanted) {
    log_warning("a subscription is refused: {}", wanted.error().message);
    return self->send(subscriber, refuse(request, wanted.error().message));
  }
  auto accepted = state.replicas->accepted();
  auto options = subscription_options(request, std::move(*wanted), context, accepted);
  options.directory = slot_log_directory(*context.host, context.slot);
  options.slot = caf::actor_cast<caf::actor>(self);
  options.subscriber = subscriber;
  auto after = options.after;
  auto handle = state.options.start_subscription(self, std::move(options));
  self->monitor(handle);
  state.subscriptions.add(handle, accepted, after);
}

void want_records(data_slot_actor* self, const records_wanted& wanted) {
  auto& state = self->state;
  state.subscriptions.wait_for_more(caf::actor_cast<caf::actor>(self->current_sender()),
                                    wanted.after);
  tell_subscriptions(self, state.replicas->accepted());
}

void take_subscription_down(data_slot_actor* self, const caf::down_msg& down) {
  bool had_one = self->state.subscriptions.remove_if(
      [&](const caf::actor& subscription) { return subscription.address() == down.source; });
  if (had_one) finish_when_done(self);
}

} // namespace

caf::behavior data_slot(data_slot_actor* self, data_slot_options options) {
  set_fault_handlers(self);
  self->state.options = std::move(options);
  end_behind_keeper(self);
  if (auto started = start_data_slot(self);
      !started) { // says why it can't start, and will be ended
    fail_slot(self, started.error().message);
    self->set_default_handler(caf::drop);
    return {[](end_keeper) {}};
  }
  auto& context = self->state.options.context;
  watch_replicas(self);
  self->set_down_handler([self](const caf::down_msg& down) { take_subscription_down(self, down); });
  // The most frequent message stands first: CAF looks for its handler in this order.
  return {
      // The streams have done their parts of a round.
      [self](round_cleaned) { log_complete_rounds(self); },
      // The slots downstream.
      [self](const link_peers& peers) { greet_receivers(self, peers); },
      [self](watch_links_now) {
        watch_receivers(self);
        grant_rounds(self); // a replica that is greeted again holds up nobody
      },
      [self](const link_gap& gap) { greet_again(self, gap); },
      [self](const child_started& started) {
        if (!take_child(self, started)) return;
        report_ready_when_set_up(self);
        grant_rounds(self);
      },
      [self](const stream_rebuilt& done) { take_rebuilt(self, done); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      // Every slot of the cluster is ready.
      [self, &context](start_feeds) {
        if (std::exchange(self->state.started, true)) return;
        self->state.report.moments[started_moment] = context.clock->control_ns();
        grant_rounds(self);
        finish_when_done(self);
      },
      [self](stop_feeds) {
        self->state.is_stopping = true;
        self->send(self->state.children.feed(), stop_feeds{});
      },
      // The feed has cut a round.
      [self](const round_sent& sent) { take_round(self, sent); },
      // The log's keeper.
      [self](keeper_due) { tell_keeper(self); },
      [self](const records_durable& durable) {
        self->state.replicas->logged(durable.number);
        send_accepted(self);
      },
      [self](log_kept) { keeper_answered(self, self->state.options.log, tell_keeper); },
      [self](const log_failed& failed) { fail_slot(self, failed.reason); },
      [self](const rejected_written& written) {
        self->state.end->rejected_written(written.rows);
        finish_when_done(self);
      },
      // Receivers: where to go on, and what they are done with.
      [self](const link_resume& resume) {
        take_word(self, take_resume(self, resume));
        report_ready_when_set_up(self);
      },
      [self](const link_ack& ack) { take_word(self, take_ack(self, ack)); },
      [self](const ticks_wanted& wanted) { greet_shadow(self, wanted); },
      // Whoever wants to see ticks, and the actors that send them.
      [self](const subscribe_ticks& request) { open_subscription(self, request); },
      [self](const records_wanted& wanted) { want_records(self, wanted); },
      [self](subscriptions_overdue) {
        self->state.subscriptions.end_linger();
        finish_when_done(self);
      },
      // Replicas of the log.
      [self](const replica_hello& hello) { greet_replica(self, hello); },
      [self](const replica_ack& ack) { take_replica_ack(self, ack); },
      [self](check_replicas_now) { check_replicas(self); },
      [self](const view_changed& changed) { apply_view(self, changed.view); },
      [self, &context](counters_query) -> slot_counters {
        auto& state = self->state;
        count_totals(state.records->totals(), state.alarms->silence(), state.report.counts);
        // The answer comes in time for the next query.
        if (state.children.feed()) self->send(state.children.feed(), source_counts_query{});
        return {context.slot, state.report.counts, 0, {}};
      },
      // What the source has met.
      [self](const source_counts& counts) {
        for (auto& [name, count] : counts.by_name)
          self->state.report.counts[source_count_prefix + name] = count;
      },
  };
}

} // namespace tickmesh
