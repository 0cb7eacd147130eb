#include "actors/control/host/host_agent_actor_reports.hpp"

#include "actors/control/host/host_agent_actor_stop.hpp"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace tickmesh {

namespace {

/// What the owner of a slot says; nothing when the slot has been taken away.
std::optional<wire::SlotEvent> event_of(const host_agent_state& state, slot_name slot) {
  auto* running = state.slots.find(slot);
  if (running == nullptr) return std::nullopt;
  return to_slot_event(slot, running->since);
}

/// The slot that was asked has not been taken away meanwhile.
bool is_still_there(agent_actor* self, slot_name slot, const caf::actor& asked) {
  auto* running = self->state.slots.find(slot);
  return running != nullptr && running->handle == asked;
}

/// Asks every slot for its counters; a slot that hangs is told apart by the request's time-out.
void ask_counters(agent_actor* self) {
  auto& state = self->state;
  for (auto& [slot, running] : state.slots.slots()) {
    if (!state.counts.begin_query(slot)) continue;
    self->request(running.handle, state.control.timeout(), counters_query{})
        .then(
            [self, name = slot, asked = running.handle](const slot_counters& counters) {
              if (!is_still_there(self, name, asked)) return;
              self->state.counts.end_query(name);
              self->state.counts.take(name, counters);
            },
            [self, name = slot, asked = running.handle](const caf::error&) {
              if (!is_still_there(self, name, asked)) return;
              fail_host(self, fmt::format("{} has not answered for {} ms", format_slot(name),
                                          self->state.control.timeout().count()));
            });
  }
}

/// Asks every slot anew, and calls `then` when each has answered, or can't.
template <class Then>
void refresh_counters(agent_actor* self, Then then) {
  auto& state = self->state;
  auto waiting = std::make_shared<std::size_t>(state.slots.slots().size());
  if (*waiting == 0) return then();
  auto answered = [waiting, then = std::move(then)] {
    if (--*waiting == 0) then();
  };
  for (auto& [slot, running] : state.slots.slots())
    self->request(running.handle, state.control.timeout(), counters_query{})
        .then(
            [self, answered, name = slot, asked = running.handle](const slot_counters& counters) {
              if (is_still_there(self, name, asked)) self->state.counts.take(name, counters);
              answered();
            },
            [answered](const caf::error&) { answered(); });
}

void send_counts(agent_actor* self, std::uint64_t query) {
  wire::ControlMessage message;
  auto& out = *message.mutable_counts();
  out.set_number(query);
  self->state.counts.write(out);
  send_to_control(self, message);
}

} // namespace

void answer_counts_query(agent_actor* self, std::uint64_t query) {
  refresh_counters(self, [self, query] { send_counts(self, query); });
}

void answer_ping(agent_actor* self, const wire::Ping& ping) {
  if (ping.is_probe()) {
    wire::ControlMessage answer;
    answer.mutable_pong()->set_is_probe(true);
    return send_to_control(self, answer);
  }
  auto& state = self->state;
  state.control.heard(steady_now(self));
  if (!state.shared_clock) state.options.clock->set_offset_ns(ping.clock_offset_ns());
  wire::ControlMessage message;
  auto& pong = *message.mutable_pong();
  pong.set_number(ping.number());
  pong.set_control_time_ns(ping.control_time_ns());
  pong.set_host_time_ns(state.options.clock->local_ns());
  pong.set_memory_share(state.options.memory_share());
  if (state.options.certificate_ends_ns)
    pong.set_certificate_ends_ns(state.options.certificate_ends_ns());
  state.counts.write(pong);
  send_to_control(self, message);
  if (!state.stop.is_stopping()) ask_counters(self);
}

/// A slot has passed on all that it had: tells its last counts, and then that.
void report_finished(agent_actor* self, const slot_finished& finished) {
  if (!event_of(self->state, finished.slot)) return;
  self->state.counts.finished(finished.slot, finished.report);
  refresh_counters(self, [self, slot = finished.slot] {
    auto event = event_of(self->state, slot);
    if (!event || self->state.stop.is_stopping()) return;
    send_counts(self, 0);
    wire::ControlMessage message;
    *message.mutable_slot_finished() = *event;
    send_to_control(self, message);
  });
}

void report_ready(agent_actor* self, slot_name slot) {
  auto event = event_of(self->state, slot);
  if (!event) return;
  self->state.slots.is_ready(slot);
  wire::ControlMessage message;
  *message.mutable_slot_ready() = *event;
  send_to_control(self, message);
}

void report_replica(agent_actor* self, const replica_state_changed& replica) {
  auto event = event_of(self->state, replica.slot);
  if (!event) return;
  wire::ControlMessage message;
  auto& out = *message.mutable_replica_state();
  *out.mutable_slot() = *event;
  *out.mutable_replica() =
      to_wire(replica_assignment{replica.host_id, replica.in_sync, replica.since});
  send_to_control(self, message);
}

/// Tells the coordinator, which finds somebody else for it, and ends what is left of it.
void give_up_slot(agent_actor* self, slot_name slot, bool is_replica, const std::string& reason,
                  bool begins_again) {
  auto& state = self->state;
  auto* running = is_replica ? state.slots.find_replica(slot) : state.slots.find(slot);
  if (running == nullptr || state.stop.is_stopping()) return;
  log_error("{}{} can't go on here: {}", is_replica ? "the replica of " : "", format_slot(slot),
            reason);
  wire::ControlMessage message;
  auto& failed = *message.mutable_slot_failed();
  *failed.mutable_slot() = to_slot_event(slot, state.slots.given_since(slot, is_replica));
  failed.set_is_replica(is_replica);
  failed.set_reason(replace_non_utf8(reason));
  failed.set_begins_again(begins_again);
  state.slot_failures[slot] = failed;
  send_to_control(self, message);
  state.counts.forget(slot);
  if (auto handle = state.slots.give_up(slot, is_replica))
    self->send_exit(*handle, caf::exit_reason::user_shutdown);
}

void take_slot_failed(agent_actor* self, const slot_failed& failed) {
  // One that the view has taken away need not go on.
  bool is_replica = self->state.slots.find(failed.slot) == nullptr;
  give_up_slot(self, failed.slot, is_replica, failed.reason, failed.begins_again);
}

void report_again(agent_actor* self) {
  auto& state = self->state;
  for (auto& [slot, running] : state.slots.slots())
    if (running.is_ready) report_ready(self, slot);
  for (auto& [slot, failed] : state.slot_failures) {
    wire::ControlMessage message;
    *message.mutable_slot_failed() = failed;
    send_to_control(self, message);
  }
  auto reports = state.counts.reports();
  for (auto& [slot, report] : reports)
    report_finished(self, {slot, report});
}

} // namespace tickmesh
