#include "actors/control/host/host_agent_actor.hpp"

#include "actors/control/host/host_agent_actor_steps.hpp"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <vector>

namespace tickmesh {

namespace {

// -- joining -------------------------------------------------------------------------------------

void send_join(agent_actor* self) {
  wire::ControlMessage message;
  *message.mutable_join() = to_wire(self->state.options.join);
  send_to_control(self, message);
}

/// Looks for the coordinator behind the address that the host was given.
void try_to_join(agent_actor* self) {
  auto& state = self->state;
  if (state.joined || state.stopping) return;
  auto& target = *state.options.host->join;
  if (steady_ns(self) > state.join_deadline_ns)
    return begin_stop(
        self, {1, fmt::format("cannot reach the control host at {}:{} within {} ms: "
                              "{}; start it first, or correct --join",
                              target.address, target.port, state.options.join_timeout.count(),
                              state.last_join_problem)});
  auto retry = [self](const std::string& problem) {
    self->state.last_join_problem = problem;
    self->delayed_send(self, retry_interval, retry_join{});
  };
  self->request(self->system().middleman().actor_handle(), request_timeout, caf::connect_atom_v,
                target.address, target.port)
      .then(
          [self, retry](const caf::node_id&, const caf::strong_actor_ptr& agent,
                        const std::set<std::string>&) {
            if (agent == nullptr) return retry("no host answers there");
            auto handle = caf::actor_cast<caf::actor>(agent);
            self->request(handle, request_timeout,
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
  state.joined = true;
  state.control_host_id = accepted.control_host_id();
  state.failover_timeout = std::chrono::milliseconds{accepted.failover_timeout_ms()};
  state.shared_clock =
      !accepted.boot_id().empty() && accepted.boot_id() == state.options.join.boot_id;
  state.pauses.emplace(state.failover_timeout / 2, nanoseconds{steady_ns(self)});
  state.silence = {};
  self->delayed_send(self, state.failover_timeout / 4, watch_dog{});
  spdlog::info("joined the cluster of {}", state.control_host_id);
}

void take_view(agent_actor* self, const wire::View& message) {
  auto published = from_wire(message);
  cluster_epoch seen{published.view.cluster_id, published.view.number};
  self->request(self->state.options.epochs, request_timeout, save_epoch{seen})
      .then(
          [self, published](const epoch_saved& saved) {
            if (!saved.failure.empty()) return fail_host(self, saved.failure);
            apply_view(self, published);
          },
          [self](const caf::error& why) {
            fail_host(self, "the epoch could not be stored: " + describe(why));
          });
}

// -- health --------------------------------------------------------------------------------------

void count_silence(agent_actor* self) {
  auto& state = self->state;
  state.silence += state.pauses->advance(nanoseconds{steady_ns(self)});
}

/// The connection breaks where either end was held up: which one it was.
std::string describe_lost_control(agent_actor* self) {
  auto& state = self->state;
  auto lost = fmt::format("lost the connection to control host {}", state.control_host_id);
  if (!state.pauses) return lost;
  count_silence(self);
  if (auto pause = state.pauses->recent())
    return fmt::format("this host itself was held up for {}, and {}", format_seconds(*pause), lost);
  if (state.silence < state.failover_timeout / 2) return lost;
  return fmt::format("{}, which had been silent for {} ms", lost,
                     state.silence.count() / 1'000'000);
}

void watch_control(agent_actor* self) {
  auto& state = self->state;
  if (state.stopping) return;
  count_silence(self);
  if (state.silence > state.failover_timeout)
    return begin_stop(self,
                      {1, fmt::format("control host {} has been silent for {} ms",
                                      state.control_host_id, state.silence.count() / 1'000'000)});
  self->delayed_send(self, state.failover_timeout / 4, watch_dog{});
}

/// `data/0`, or `the replica of data/0`.
template <class IsIt>
std::string name_of(const host_agent_state& state, IsIt is_it) {
  for (auto& [slot, running] : state.slots)
    if (is_it(running.handle)) return format_slot(slot);
  for (auto& [slot, running] : state.replicas)
    if (is_it(running.handle)) return "the replica of " + format_slot(slot);
  return "an actor";
}

void take_down(agent_actor* self, const caf::down_msg& down) {
  auto& state = self->state;
  auto is_source = [&](const caf::actor& a) { return a.address() == down.source; };
  bool awaited = state.stopping && !state.stop_order.empty() && is_source(state.stop_order.back());
  if (std::erase_if(state.stop_order, is_source) > 0) {
    if (awaited) return stop_next_slot(self);
    if (state.stopping) return;
    if (std::erase_if(state.ending, [&](auto& e) { return is_source(e.second); }) > 0)
      return start_missing(self);
    return fail_host(self,
                     fmt::format("{} ended: {}", name_of(state, is_source), describe(down.reason)));
  }
  bool control_is_down = state.coordinator != nullptr && down.source == state.coordinator.address();
  if (control_is_down) state.control_lost = true;
  if (state.stopping) return;
  if (control_is_down) return begin_stop(self, {1, describe_lost_control(self)});
  if (state.options.writer.address() == down.source) return fail_host(self, describe(down.reason));
  // A peer's slot is gone. The coordinator sees the same and decides; nothing to do here.
}

/// To the data slot that the message names, if it is still this host's, else to all.
template <class Command>
void forward_to_data_slots(agent_actor* self, const auto& message) {
  for (auto& [slot, running] : self->state.slots) {
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
  case wire::ControlMessage::kCountsQuery: return answer_counts(self, message.counts_query());
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
  auto event = event_of(self, slot);
  if (!event) return;
  wire::ControlMessage message;
  *message.mutable_slot_ready() = *event;
  send_to_control(self, message);
}

void report_replica(agent_actor* self, const replica_state_changed& replica) {
  auto event = event_of(self, replica.slot);
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
  if (state.slots.contains(failed.slot))
    fail_host(self, fmt::format("{}: {}", format_slot(failed.slot), failed.reason));
  else if (state.replicas.contains(failed.slot))
    fail_host(self, fmt::format("the replica of {}: {}", format_slot(failed.slot), failed.reason));
}

} // namespace

std::int64_t steady_ns(agent_actor* self) {
  return self->clock().now().time_since_epoch().count();
}

std::optional<wire::SlotEvent> event_of(agent_actor* self, slot_name slot) {
  auto running = self->state.slots.find(slot);
  if (running == self->state.slots.end()) return std::nullopt;
  return to_slot_event(slot, running->second.since);
}

void send_to_control(agent_actor* self, const wire::ControlMessage& message) {
  if (self->state.coordinator != nullptr) self->send(self->state.coordinator, to_bytes(message));
}

/// This host can't go on: tells the control host, and stops.
void fail_host(agent_actor* self, const std::string& reason) {
  if (self->state.stopping) return;
  wire::ControlMessage message;
  message.mutable_host_failed()->set_reason(replace_non_utf8(reason));
  send_to_control(self, message);
  begin_stop(self, {1, reason});
}

caf::behavior host_agent(agent_actor* self, host_agent_options options) {
  keep_crash_reason(self);
  auto& state = self->state;
  state.options = std::move(options);
  state.coordinator = state.options.coordinator;
  self->set_down_handler([self](const caf::down_msg& down) { take_down(self, down); });
  self->monitor(state.options.writer);
  if (state.coordinator != nullptr) self->monitor(state.coordinator);
  return {
      // The process listens.
      [self](const begin_join& begin) {
        auto& own = self->state;
        own.options.join.address = begin.address;
        own.join_deadline_ns =
            steady_ns(self) + std::chrono::nanoseconds{own.options.join_timeout}.count();
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
        if (self->state.outcome.exit_code == 0)
          self->state.outcome = {1, "an orderly stop took too long"};
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
