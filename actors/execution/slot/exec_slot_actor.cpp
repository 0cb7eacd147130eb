#include "actors/execution/slot/exec_slot_actor.hpp"

#include "actors/execution/events/operator_codec.hpp"
#include "actors/execution/replay/event_application.hpp"
#include "actors/execution/replay/replay_venues.hpp"
#include "actors/execution/slot/exec_children_actor.hpp"
#include "actors/execution/slot/exec_risk_actor.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/actors/supervisor.hpp"
#include "runtime/cluster/slot_supervision_actor.hpp"
#include "runtime/links/link_inbox_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <utility>

namespace tickmesh {

namespace {

using operator_reply = caf::typed_response_promise<operator_bytes>;

/// Events that are handed to the risk checker at once; a batch then stays below the size at which
/// the allocator turns to the kernel.
constexpr std::size_t batch_events_max = 1024;

void fail_slot(exec_slot_actor* self, std::string reason) {
  auto& context = self->state.options.context;
  self->send(context.agent, slot_failed{context.slot, std::move(reason)});
}

void post_command(exec_slot_state& state, operator_command command,
                  std::optional<operator_reply> reply = std::nullopt) {
  command.asked = from_ns(state.options.context.clock->local_ns()); // for people alone
  state.sequencer->post(command);
  state.operators.ask(std::move(command), std::move(reply));
}

void halt_trading(exec_slot_state& state, std::string who, std::string reason) {
  post_command(state, make_halt(state.options.context.slot, std::move(who), std::move(reason)));
}

/// Fails the slot, and is true, where a mark has come that the journal contradicts.
bool fail_on_contradiction(exec_slot_actor* self) {
  auto& state = self->state;
  auto& other = state.sequencer->inputs().contradiction();
  if (other) fail_slot(self, describe_contradiction(state.begun, *other));
  return other.has_value();
}

/// Gives credit back. Precondition: the sequencer has nothing more to give.
void send_acks(exec_slot_actor* self) {
  auto& state = self->state;
  if (!state.appender->has_inputs_for_good()) return;
  state.inputs->close_frames(state.finishing, [&state](slot_name from, std::uint64_t number,
                                                       std::uint32_t items, bool is_final) {
    state.inboxes.at(from).finish(number, items, is_final);
  });
  if (send_due_acks(self, state.options.context.slot, state.inboxes))
    self->delayed_send(self, ack_delay_max, acks_due{});
}

// The turn of the log: events to the risk checker, its answer to the journal, and from there.

void take_events(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.finishing) return send_acks(self); // what is sent once more
  if (state.risk == nullptr || state.awaiting_answer) return;
  event_batch batch;
  bool has_events = state.sequencer->next_batch(batch, batch_events_max);
  if (fail_on_contradiction(self)) return; // nothing that was released with it is traded
  if (has_events) {
    state.awaiting_answer = true;
    auto last = state.sequencer->last_time();
    if (!state.gateways.empty() && last != state.clock->last_event())
      state.clock->follow(last, self->clock().now());
    show_reports(batch, state.guard);
    return hand_to_risk_checker(self, std::move(batch));
  }
  state.finishing = state.sequencer->finished();
  send_acks(self);
  if (state.finishing) finish_risk_checker(self);
}

/// Hands the next events to the risk checker, unless it is still at the last ones, and the gateways
/// what their venues have for them.
void pump(exec_slot_actor* self) {
  take_events(self);
  self->state.gateways.hand_over(
      [self](const auto& wish) {
        self->send(wish.gateway, open_session{wish.session, wish.cancel_on_disconnect});
      },
      [self](const broker_gateway_actor& gateway, std::uint64_t session, gateway_venue::work work) {
        self->send(gateway, gateway_work{session, std::move(work.commands), std::move(work.marks)});
      });
}

void tell_keeper(exec_slot_actor* self, const std::optional<journal_appender::keeper_note>& note) {
  if (note) self->send(self->state.keeper, journal_appended{note->event, 0, note->is_awaited});
}

/// Sends what the journal holds for good. Operators hear of it when the trading state is kept for
/// the next run.
void release_commands(exec_slot_actor* self) {
  auto& state = self->state;
  while (auto held = state.appender->take()) {
    if (auto violation = keep_admitted(held->commands, state.guard))
      halt_trading(state, "last look", *violation);
    state.sequencer->execute(held->commands);
    if (!held->outcomes.empty()) {
      state.operators.decide(std::move(held->outcomes));
      self->send(state.keeper,
                 keep_trading_notice{{std::move(held->trading), state.appender->last_event()}});
    }
    state.awaiting_answer = false;
    if (!held->triggers.empty())
      note_order_delays(held->triggers, state.options.context.clock->control_ns(),
                        state.report.delays);
  }
}

void take_answer(exec_slot_actor* self, trading_answer& answer) {
  auto& state = self->state;
  state.batch_in_work = {};
  auto appended = state.appender->append(answer);
  if (!appended) return fail_slot(self, appended.error().message);
  tell_keeper(self, appended->note);
  if (appended->is_held) {
    show_approvals(answer.approved, state.guard);
    release_commands(self);
  } else {
    state.sequencer->execute(std::vector<decided_command>{});
    state.awaiting_answer = false;
  }
  pump(self);
}

void take_durable(exec_slot_actor* self, const journal_durable& durable) {
  tell_keeper(self, self->state.appender->durable(durable.event));
  release_commands(self);
  pump(self);
}

// Links.

/// Tells a sender where to go on, unless it has records that the journal lacks.
void greet(exec_slot_actor* self, const link_hello& hello) {
  auto& state = self->state;
  slot_name from{static_cast<role>(hello.from_role), hello.from_index};
  bool is_lost = hello.earlier_records > 0 && state.begun.began_empty && !state.gateways.empty();
  if (is_lost && state.inboxes.find(from) != nullptr)
    return fail_slot(self, describe_lost_journal(state.begun, from, hello.earlier_records));
  state.inputs->let_go_of_former(from, epoch{hello.epoch}, state.inboxes);
  answer_hello(self, state.options.context.slot, hello, state.inboxes, state.report.counts);
}

void take_frame(exec_slot_actor* self, const link_frame& bytes) {
  auto& state = self->state;
  auto inbox =
      admit_frame(self, state.options.context.slot, bytes, state.inboxes, state.report.counts);
  if (!inbox) return fail_slot(self, inbox.error().message);
  if (*inbox == nullptr) return;
  slot_name from{static_cast<role>(bytes.from_role), bytes.from_index};
  auto is_last = state.inputs->take({from, bytes.number, bytes.items, bytes.payload});
  if (!is_last) return fail_slot(self, is_last.error().message);
  if (fail_on_contradiction(self)) return;
  if (*is_last) (*inbox)->end();
  pump(self);
}

// Gateways of brokers outside.

/// Starts the gateways, and puts what their brokers may have into doubt.
void start_gateways(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.gateways.empty()) return;
  slot_recovered begin{.writer = state.options.context.since,
                       .external = {},
                       .may_lack_end = state.begun.may_lack_end};
  for (auto& [id, settings] : state.gateways.brokers()) {
    begin.external.push_back(id);
    self->send(state.supervisor, gateway_child(state.options, id, settings));
  }
  state.sequencer->post(begin);
  state.clock->follow(state.sequencer->last_time(), self->clock().now());
  self->delayed_send(self, state.options.settings.clock_interval, clock_due{});
}

void child_is_running(exec_slot_actor* self, const child_started& started) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (started.key == risk_checker_key) {
    begin_risk_checker(self, started.handle);
    if (started.restarts == 0) self->send(context.agent, slot_ready{context.slot});
  } else {
    auto gateway = caf::actor_cast<broker_gateway_actor>(started.handle);
    auto wish = state.gateways.start(gateway_broker(started.key), gateway, started.restarts > 0);
    self->send(wish.gateway, open_session{wish.session, wish.cancel_on_disconnect});
  }
  pump(self);
}

void take_gateway_news(exec_slot_actor* self, gateway_news& news) {
  auto& state = self->state;
  if (!state.gateways.take_news(format_slot(state.options.context.slot), news.broker, news.session,
                                news.works_taken, std::move(news.news)))
    return;
  if (!state.awaiting_answer)
    if (auto now = state.clock->time_for_news(self->clock().now(), state.sequencer->last_time()))
      state.sequencer->post_clock(*now);
  pump(self);
}

/// Time to see whether a time-out has come.
void look_at_clock(exec_slot_actor* self) {
  auto& state = self->state;
  if (state.finishing) return;
  self->delayed_send(self, state.options.settings.clock_interval, clock_due{});
  if (state.awaiting_answer) return;
  auto now = state.clock->time_for_timer(self->clock().now(), state.sequencer->next_timer());
  if (!now) return;
  state.sequencer->post_clock(*now);
  pump(self);
}

// Operators.

operator_bytes to_bytes(const operator_outcome& outcome) {
  return {encode_operator_answer(outcome)};
}

result<operator_command> read_command(const exec_slot_state& state,
                                      const wire::OperatorRequest& request) {
  if (state.finishing) return fail("the log has ended: nothing is traded any more");
  if (auto room = state.operators.make_room(state.options.settings.operator_commands_max); !room)
    return tl::make_unexpected(room.error());
  return read_operator_command(request.command());
}

/// An OperatorRequest: is answered when the command and what follows from it are durable.
operator_reply take_operator_request(exec_slot_actor* self, const operator_bytes& request) {
  auto reply = self->make_response_promise<operator_bytes>();
  wire::OperatorRequest read;
  if (!read.ParseFromString(request.bytes)) {
    reply.deliver(to_bytes({false, "bytes that are no OperatorRequest"}));
  } else if (read.limits_query()) {
    answer_limits_query(self, reply);
  } else if (auto command = read_command(self->state, read); !command) {
    reply.deliver(to_bytes({false, command.error().message}));
  } else {
    post_command(self->state, std::move(*command), reply);
    pump(self);
  }
  return reply;
}

/// The trading state that commands have led to is kept, or can't be.
void answer_operators(exec_slot_actor* self, const trading_notice_kept& kept) {
  auto& state = self->state;
  if (!kept.failure.empty()) fail_slot(self, kept.failure);
  for (auto& [command, outcome, reply] : state.operators.settle(kept.failure)) {
    log_warning("{}: asked by {} ({}): {}{}", format_slot(state.options.context.slot), command.who,
                command.reason, outcome.is_done ? "" : "refused: ", outcome.text);
    if (reply) reply->deliver(to_bytes(outcome));
  }
}

// Reports, and the end.

void report_totals(exec_slot_actor* self, const trading_finished& finished) {
  auto& state = self->state;
  auto& counts = state.report.counts;
  state.has_finished = true;
  count_totals(finished.totals, finished.ledger, counts);
  count_inputs(*state.sequencer, counts);
  state.gateways.count(counts);
  state.report.moments[finished_moment] = state.options.context.clock->control_ns();
  self->send(state.keeper, close_journal{});
}

void finish_slot(exec_slot_actor* self, const journal_closed& closed) {
  if (!closed.failure.empty()) return fail_slot(self, closed.failure);
  send_acks(self); // of what waited for the disk
  auto& context = self->state.options.context;
  self->send(context.agent, slot_finished{context.slot, self->state.report});
}

// The start.

void add_links(exec_slot_state& state) {
  auto& context = state.options.context;
  state.inputs.emplace(link_inputs_options{.merge = state.sequencer->inputs(),
                                           .symbols = context.view->symbols.size(),
                                           .clock = context.clock,
                                           .counts = state.report.counts,
                                           .delays = state.report.delays});
  for (auto& [slot, host, since, replicas] : context.view->slots) {
    if (slot.of != role::data && slot.of != role::calc) continue;
    state.inboxes.add(slot, since == epoch{} ? context.view->number : since,
                      context.host->link_window_items);
    state.inputs->add(slot);
  }
}

result<void> set_up(exec_slot_actor* self) {
  auto& state = self->state;
  auto& options = state.options;
  auto& context = options.context;
  state.clock.emplace(options.settings.clock_interval);
  state.sequencer =
      std::make_unique<event_sequencer>(options.settings, replay_venues(options.start_venue));
  state.report.rows = context.rows;
  add_links(state);
  auto begun = start_on_journal(start_options_of(options), *state.sequencer, state.guard);
  if (!begun) return tl::make_unexpected(begun.error());
  state.begun = std::move(*begun);
  state.inputs->change_ids(std::move(state.begun.ids));
  state.gateways.connect(state.begun.configuration->settings, *state.sequencer);
  for (auto& halt : std::exchange(state.begun.halts, {}))
    post_command(state, std::move(halt));
  state.appender.emplace(state.begun.log, options.settings.journal, context.since);
  auto slot = caf::actor_cast<caf::actor>(self);
  state.keeper = options.start_keeper(self, journal_keeper_of(options, state.begun, slot));
  tell_keeper(self, state.appender->begin());
  state.supervisor = self->spawn<caf::linked>(supervisor, slot, supervision_of(context));
  self->send(state.supervisor, risk_checker_child(options, state.begun));
  start_gateways(self);
  return {};
}

} // namespace

caf::behavior exec_slot(exec_slot_actor* self, exec_slot_options options) {
  set_fault_handlers(self);
  self->state.options = std::move(options);
  if (auto done = set_up(self); !done) { // will be ended
    fail_slot(self, done.error().message);
    self->set_default_handler(caf::drop);
    return {[](acks_due) {}};
  }
  return {
      // Nothing is downstream of an execution slot.
      [](const link_peers&) {},
      [self](const child_started& started) { child_is_running(self, started); },
      [self](const supervisor_gave_up& gave_up) { fail_slot(self, gave_up.reason); },
      [self](const link_frame& frame) { take_frame(self, frame); },
      [self](const link_hello& hello) { greet(self, hello); },
      [self](const link_refusal& refusal) {
        if (is_heard(self, refusal, self->state.inboxes)) fail_slot(self, refusal.reason);
      },
      // Acknowledgements have waited long enough.
      [self](acks_due) {
        self->state.inboxes.ack_wait_is_over();
        send_due_acks(self, self->state.options.context.slot, self->state.inboxes);
      },
      [self](gateway_news& news) { take_gateway_news(self, news); },
      [self](clock_due) { look_at_clock(self); },
      // What the last batch led to.
      [self](trading_answer& answer) { take_answer(self, answer); },
      [self](const journal_durable& durable) { take_durable(self, durable); },
      [self](const journal_failed& failed) { fail_slot(self, failed.reason); },
      [self](const trading_finished& finished) { report_totals(self, finished); },
      [self](const trading_notice_kept& kept) { answer_operators(self, kept); },
      [self](const journal_closed& closed) { finish_slot(self, closed); },
      [self](const operator_bytes& request) { return take_operator_request(self, request); },
      [](const view_changed&) {},
      [self](counters_query) { return answer_counters_query(self); },
  };
}

} // namespace tickmesh
