#include "actors/control/host/host_agent_actor.hpp"

#include "actors/control/host/host_agent_actor_slots.hpp"
#include "actors/control/host/host_agent_actor_stop.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <set>
#include <utility>

namespace {

/// Time to try to reach the control host again.
struct retry_join {};
/// Time to see whether the control host is still there.
struct watch_dog {};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(retry_join)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(watch_dog)

namespace tickmesh {

namespace {

nanoseconds steady_now(agent_actor* self) {
  return self->clock().now().time_since_epoch();
}

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

void answer_ping(agent_actor* self, const wire::Ping& ping) {
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

void send_join(agent_actor* self) {
  wire::ControlMessage message;
  *message.mutable_join() = to_wire(self->state.options.join);
  send_to_control(self, message);
}

/// Looks for the coordinator behind the address that the host was given.
void try_to_join(agent_actor* self) {
  auto& state = self->state;
  if (state.joined || state.stop.is_stopping()) return;
  auto& target = *state.options.host->join;
  if (auto why = state.attempts.give_up(target, steady_now(self)))
    return begin_stop(self, {1, *why});
  auto retry = [self](const std::string& problem) {
    self->state.attempts.failed(problem);
    self->delayed_send(self, self->state.options.cluster.retry_interval, retry_join{});
  };
  self->request(self->system().middleman().actor_handle(), state.options.cluster.request_timeout,
                caf::connect_atom_v, target.address, target.port)
      .then(
          [self, retry](const caf::node_id&, const caf::strong_actor_ptr& agent,
                        const std::set<std::string>&) {
            if (agent == nullptr) return retry("no host answers there");
            auto handle = caf::actor_cast<caf::actor>(agent);
            self->request(handle, self->state.options.cluster.request_timeout,
                          slot_query{static_cast<std::uint8_t>(role::control), 0})
                .then(
                    [self](const caf::actor& coordinator) {
                      self->state.coordinator = coordinator;
                      self->monitor(coordinator);
                      send_join(self);
                    },
                    [retry](const caf::error& why) {
                      retry("the host there is no control host: " + describe(why));
                    });
          },
          [retry](const caf::error& why) { retry(describe(why)); });
}

void accept_join(agent_actor* self, const wire::JoinAccepted& accepted) {
  auto& state = self->state;
  std::chrono::milliseconds timeout{accepted.failover_timeout_ms()};
  state.joined = true;
  state.control.begin(accepted.control_host_id(), timeout, steady_now(self));
  state.shared_clock =
      !accepted.boot_id().empty() && accepted.boot_id() == state.options.join.boot_id;
  self->delayed_send(self, timeout / 4, watch_dog{});
  log_info("joined the cluster of {}", accepted.control_host_id());
}

void take_view(agent_actor* self, const wire::View& message) {
  auto published = from_wire(message);
  cluster_epoch seen{published.view.cluster_id, published.view.number};
  auto& options = self->state.options;
  self->request(options.epochs, options.cluster.request_timeout, save_epoch{seen})
      .then(
          [self, published](const epoch_saved& saved) {
            if (!saved.failure.empty()) return fail_host(self, saved.failure);
            apply_view(self, published);
          },
          [self](const caf::error& why) {
            fail_host(self, "the epoch could not be stored: " + describe(why));
          });
}

void watch_control(agent_actor* self) {
  auto& state = self->state;
  if (state.stop.is_stopping()) return;
  if (auto why = state.control.judge(steady_now(self))) return begin_stop(self, {1, *why});
  self->delayed_send(self, state.control.timeout() / 4, watch_dog{});
}

void take_down(agent_actor* self, const caf::down_msg& down) {
  using ended = host_stop<caf::actor>::ended;
  auto& state = self->state;
  auto is_source = [&](const caf::actor& a) { return a.address() == down.source; };
  auto what = state.stop.remove(is_source);
  if (what == ended::awaited) return stop_next_slot(self);
  if (what == ended::early) {
    if (state.stop.is_stopping()) return;
    if (state.slots.remove_ending(is_source)) return start_missing(self);
    return fail_host(
        self, fmt::format("{} ended: {}", state.slots.name_of(is_source), describe(down.reason)));
  }
  bool control_is_down = state.coordinator != nullptr && is_source(state.coordinator);
  if (control_is_down) state.control_lost = true;
  if (state.stop.is_stopping()) return;
  if (control_is_down) return begin_stop(self, {1, state.control.describe_loss(steady_now(self))});
  if (is_source(state.options.writer)) return fail_host(self, describe(down.reason));
  // A peer's slot is gone. The coordinator sees the same and decides; nothing to do here.
}

/// To the data slot that the message names, if it is still this host's, else to all.
template <class Command>
void forward_to_data_slots(agent_actor* self, const auto& message) {
  for (auto& [slot, running] : self->state.slots.slots()) {
    if (slot.of != role::data) continue;
    bool is_meant = !message.has_slot() || (from_slot_event(message.slot()) == slot &&
                                            message.slot().epoch() == running.since.value);
    if (is_meant) self->send(running.handle, Command{});
  }
}

void take_control_message(agent_actor* self, const wire::ControlMessage& message) {
  switch (message.body_case()) {
  case wire::ControlMessage::kJoinAccepted: return accept_join(self, message.join_accepted());
  case wire::ControlMessage::kJoinRefused:
    return begin_stop(
        self, {1, "the control host refused this host: " + message.join_refused().reason()});
  case wire::ControlMessage::kView: return take_view(self, message.view());
  case wire::ControlMessage::kStartFeeds:
    return forward_to_data_slots<start_feeds>(self, message.start_feeds());
  case wire::ControlMessage::kStopFeeds:
    return forward_to_data_slots<stop_feeds>(self, message.stop_feeds());
  case wire::ControlMessage::kPing: return answer_ping(self, message.ping());
  case wire::ControlMessage::kCountsQuery:
    return refresh_counters(
        self, [self, number = message.counts_query().number()] { send_counts(self, number); });
  case wire::ControlMessage::kHostStopped: return end(self);
  case wire::ControlMessage::kStopHost:
    return begin_stop(self, {message.stop_host().failed() ? 1 : 0, message.stop_host().reason()});
  default: return;
  }
}

void request_stop(agent_actor* self, const std::string& signal_name) {
  auto& state = self->state;
  if (!state.joined) return begin_stop(self, {1, signal_name + " before the cluster was joined"});
  wire::ControlMessage message;
  message.mutable_stop_request()->set_reason(
      fmt::format("{} at {}", signal_name, state.options.join.host_id));
  send_to_control(self, message);
}

void report_ready(agent_actor* self, slot_name slot) {
  auto event = event_of(self->state, slot);
  if (!event) return;
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

/// A slot or replica can't go on; one that the view has taken away need not.
void take_slot_failed(agent_actor* self, const slot_failed& failed) {
  auto& state = self->state;
  if (state.slots.find(failed.slot) != nullptr)
    fail_host(self, fmt::format("{}: {}", format_slot(failed.slot), failed.reason));
  else if (state.slots.find_replica(failed.slot) != nullptr)
    fail_host(self, fmt::format("the replica of {}: {}", format_slot(failed.slot), failed.reason));
}

} // namespace

caf::behavior host_agent(agent_actor* self, host_agent_options options) {
  keep_crash_reason(self);
  auto& state = self->state;
  state.options = std::move(options);
  state.coordinator = state.options.coordinator;
  state.slots.begin(state.options.join.host_id, state.options.start_replica != nullptr);
  self->set_down_handler([self](const caf::down_msg& down) { take_down(self, down); });
  self->monitor(state.options.writer);
  if (state.coordinator != nullptr) self->monitor(state.coordinator);
  return {
      // The process listens.
      [self](const begin_join& begin) {
        auto& own = self->state;
        own.options.join.address = begin.address;
        own.attempts.begin(own.options.cluster.join_timeout, steady_now(self));
        if (own.coordinator != nullptr)
          send_join(self);
        else
          try_to_join(self);
      },
      // From the coordinator.
      [self](const control_bytes& bytes) {
        if (auto message = from_bytes(bytes)) take_control_message(self, *message);
      },
      // Another host wants to send to one of this host's slots.
      [self](const slot_query& query) { return answer_slot_query(self, query); },
      [self](retry_join) { try_to_join(self); },
      [self](const peer_search& search) { find_peer(self, search); },
      [self](watch_dog) { watch_control(self); },
      [self](stop_overdue) {
        self->state.stop.fail("an orderly stop took too long");
        end(self);
      },
      [self](goodbye_overdue) { end(self); },
      [self](const stop_signal& signal) { request_stop(self, signal.name); },
      // From this host's slots.
      [self](const slot_ready& ready) { report_ready(self, ready.slot); },
      [self](const slot_finished& finished) { report_finished(self, finished); },
      [self](const replica_state_changed& replica) { report_replica(self, replica); },
      [self](const replica_unanswered& replica) { find_owner_again(self, replica.slot); },
      [self](const slot_failed& failed) { take_slot_failed(self, failed); },
  };
}

} // namespace tickmesh
