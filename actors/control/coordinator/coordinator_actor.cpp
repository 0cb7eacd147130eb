#include "actors/control/coordinator/coordinator_actor.hpp"

#include "actors/control/coordinator/coordinator_effects_actor.hpp"
#include "actors/control/coordinator/host_reach_protocol.hpp"
#include "actors/control/wire/control_codec.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace {

/// Time to look after the hosts.
struct health_check {};
/// Time to ask those that may be replaced at once whether they are there.
struct probe_now {};
/// A status query has waited for counts for long enough.
struct counts_overdue {
  std::uint64_t query = 0;
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(health_check)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(probe_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(counts_overdue)

namespace tickmesh {

namespace {

/// How long a status waits for the counts of execution: who asks gives up later, and a host that
/// hangs must not keep the status of the others back.
std::chrono::milliseconds fresh_counts_timeout(const cluster_settings& settings) {
  return settings.request_timeout / 5;
}

void take_pong(coordinator_actor* self, const std::string& host_id, const wire::Pong& pong,
               const coordinator_options& options) {
  auto& state = self->state;
  if (pong.is_probe()) return state.cluster->answered(host_id);
  auto now = options.clock->local_ns();
  auto response = now - pong.control_time_ns();
  // The fastest exchange bounds the error of the offset best (RFC 5905, clock filter).
  auto best = state.best_response.find(host_id);
  if (best == state.best_response.end() || response < best->second) {
    state.best_response[host_id] = response;
    state.clock_offsets[host_id] = pong.host_time_ns() - (pong.control_time_ns() + response / 2);
  }
  host_measurement measured;
  measured.response_time = nanoseconds{response};
  measured.memory_share = pong.memory_share();
  measured.queued_ticks = pong.queued_ticks();
  measured.certificate_ends_ns = pong.certificate_ends_ns();
  measured.clock_offset = nanoseconds{state.clock_offsets[host_id]};
  for (auto& count : pong.counts())
    measured.counters[count.name()] = count.count();
  if (pong.has_execution()) state.execution[host_id] = pong.execution();
  state.cluster->pong(host_id, measured);
}

void answer_status(coordinator_actor* self, const caf::actor& asker, bool with_symbols,
                   const coordinator_options& options) {
  wire::ControlMessage answer;
  *answer.mutable_status() = current_status(self, options, with_symbols);
  self->send(asker, to_bytes(answer));
}

/// An operator who has halted trading is to see that at once, not with the next heartbeat.
void take_status_query(coordinator_actor* self, const wire::StatusQuery& query,
                       const caf::actor& asker, const coordinator_options& options) {
  auto& state = self->state;
  coordinator_state::awaited_status awaited{
      state.last_counts_query + 1, asker, query.with_symbols(), {}};
  if (auto& view = state.cluster->view(); view && query.fresh())
    for (auto slot : view->slots_of(role::exec))
      if (auto host = view->host_of(slot); host && state.agents.contains(*host))
        awaited.hosts.insert(*host);
  if (awaited.hosts.empty()) return answer_status(self, asker, query.with_symbols(), options);
  wire::ControlMessage message;
  message.mutable_counts_query()->set_number(++state.last_counts_query);
  for (auto& host_id : awaited.hosts)
    send_to(self, host_id, message);
  state.awaited.push_back(std::move(awaited));
  self->delayed_send(self, fresh_counts_timeout(options.cluster.settings),
                     counts_overdue{state.last_counts_query});
}

/// Answers whoever waits for nobody any more; also who has waited for `overdue`.
void answer_awaited(coordinator_actor* self, std::uint64_t overdue,
                    const coordinator_options& options) {
  std::erase_if(self->state.awaited, [&](auto& awaited) {
    bool is_due = awaited.hosts.empty() || awaited.counts_query == overdue;
    if (is_due) answer_status(self, awaited.asker, awaited.with_symbols, options);
    return is_due;
  });
}

void take_counts(coordinator_actor* self, const std::string& host_id, const wire::Counts& counts,
                 const coordinator_options& options) {
  auto& state = self->state;
  std::map<std::string, std::uint64_t> by_name;
  for (auto& count : counts.counts())
    by_name[count.name()] = count.count();
  state.cluster->counted(host_id, std::move(by_name));
  if (counts.has_execution()) state.execution[host_id] = counts.execution();
  state.started_ns = earlier_moment(state.started_ns, counts.started_ns());
  state.finished_ns = std::max(state.finished_ns, counts.finished_ns());
  for (auto& awaited : state.awaited)
    if (awaited.counts_query == counts.number()) awaited.hosts.erase(host_id);
  answer_awaited(self, 0, options);
}

void ping_hosts(coordinator_actor* self, const options_ptr& options) {
  auto& state = self->state;
  run_effects(self, options, state.cluster->advance(steady_now(self)));
  if (state.finished) return;
  ++state.last_ping;
  for (auto& [host_id, agent] : state.agents) {
    wire::ControlMessage message;
    auto& ping = *message.mutable_ping();
    ping.set_number(state.last_ping);
    ping.set_control_time_ns(options->clock->local_ns());
    ping.set_clock_offset_ns(state.clock_offsets[host_id]);
    self->send(agent, to_bytes(message));
  }
  if (options->on_status) options->on_status(current_status(self, *options));
  self->delayed_send(self, options->cluster.settings.health_check_interval, health_check{});
}

/// As long as there is somebody to be asked.
void probe_hosts(coordinator_actor* self, const options_ptr& options) {
  auto& state = self->state;
  run_effects(self, options, state.cluster->advance(steady_now(self)));
  if (state.finished) return;
  auto hosts = state.cluster->probed_hosts();
  state.is_probing = !hosts.empty();
  if (!state.is_probing) return;
  wire::ControlMessage message;
  message.mutable_ping()->set_is_probe(true);
  for (auto& host_id : hosts) {
    send_to(self, host_id, message);
    state.cluster->probed(host_id);
  }
  self->delayed_send(self, state.cluster->probe_interval(), probe_now{});
}

/// A view may have shown somebody who can take over.
void begin_probing(coordinator_actor* self) {
  auto& state = self->state;
  if (state.finished || state.is_probing || state.cluster->probed_hosts().empty()) return;
  state.is_probing = true;
  self->send(self, probe_now{});
}

slot_claim claim(const wire::SlotEvent& event, const std::string& host_id) {
  return {from_slot_event(event), host_id, epoch{event.epoch()}};
}

/// Messages of hosts that have joined.
cluster_effects take_message(coordinator_actor* self, const std::string& host_id,
                             const wire::ControlMessage& message,
                             const coordinator_options& options) {
  auto& cluster = *self->state.cluster;
  switch (message.body_case()) {
  case wire::ControlMessage::kSlotReady:
    return cluster.slot_ready(claim(message.slot_ready(), host_id));
  case wire::ControlMessage::kSlotFinished:
    return cluster.slot_finished(claim(message.slot_finished(), host_id));
  case wire::ControlMessage::kReplicaState: {
    auto& replica = message.replica_state();
    return cluster.replica_state(claim(replica.slot(), host_id), from_wire(replica.replica()));
  }
  case wire::ControlMessage::kSlotFailed: {
    auto& failed = message.slot_failed();
    auto what = claim(failed.slot(), host_id);
    return failed.is_replica()
               ? cluster.replica_failed(what, failed.reason(), failed.begins_again())
               : cluster.slot_failed(what, failed.reason());
  }
  case wire::ControlMessage::kPong: take_pong(self, host_id, message.pong(), options); return {};
  case wire::ControlMessage::kCounts:
    take_counts(self, host_id, message.counts(), options);
    return {};
  case wire::ControlMessage::kStopRequest:
    return cluster.stop_requested(message.stop_request().reason(), false);
  case wire::ControlMessage::kHostFailed:
    return cluster.host_failed(host_id, message.host_failed().reason());
  case wire::ControlMessage::kHostStopped:
    send_to(self, host_id, message); // heard: the process may end
    return cluster.host_stopped(host_id);
  default: return {};
  }
}

void take_bytes(coordinator_actor* self, const options_ptr& options, const control_bytes& bytes) {
  auto& state = self->state;
  auto sender = caf::actor_cast<caf::actor>(self->current_sender());
  auto message = from_bytes(bytes);
  if (!message) {
    log_warning("dropped {} bytes that are not a ControlMessage", bytes.bytes.size());
    return;
  }
  // A pause of this process is to be known before what it has led others to do.
  run_effects(self, options, state.cluster->advance(steady_now(self)));
  if (state.finished) return;
  if (message->has_status_query())
    return take_status_query(self, message->status_query(), sender, *options);
  if (message->has_failover_request()) {
    state.asker = sender;
    auto& wanted = message->failover_request();
    slot_name slot{static_cast<role>(wanted.role()), static_cast<std::uint16_t>(wanted.index())};
    return run_effects(self, options, state.cluster->failover_requested(slot));
  }
  if (message->has_join()) {
    state.asker = sender;
    auto request = from_wire(message->join());
    request.is_named = !options->is_named || options->is_named(sender->node(), request.host_id);
    return run_effects(self, options, state.cluster->join(request));
  }
  auto host = state.host_by_agent.find(sender.address());
  if (host == state.host_by_agent.end()) return;
  auto host_id = host->second;
  run_effects(self, options, take_message(self, host_id, *message, *options));
}

/// A host whose connection broke is there again, under another handle.
void take_reached(coordinator_actor* self, const options_ptr& options,
                  const host_reached& reached) {
  auto& state = self->state;
  auto known = state.agents.find(reached.host_id);
  if (known != state.agents.end() && known->second == reached.agent) return;
  auto incarnation = state.cluster->incarnation_of(reached.host_id);
  if (!incarnation) return;
  if (*incarnation != reached.incarnation) // what answers there is its next process
    return run_effects(self, options, state.cluster->connection_lost(reached.host_id));
  take_agent(self, reached.host_id, reached.agent);
  run_effects(self, options, state.cluster->advance(steady_now(self)));
  if (!state.finished)
    run_effects(self, options, state.cluster->connection_restored(reached.host_id));
}

} // namespace

caf::behavior coordinator(coordinator_actor* self, coordinator_options given) {
  set_fault_handlers(self);
  given.cluster.now = steady_now(self);
  auto options = std::make_shared<const coordinator_options>(std::move(given));
  self->state.cluster = std::make_unique<cluster_state>(options->cluster);
  self->set_down_handler([self, options](const caf::down_msg& down) {
    auto host = self->state.host_by_agent.find(down.source);
    if (host == self->state.host_by_agent.end()) return;
    auto host_id = host->second;
    self->state.host_by_agent.erase(host);
    self->state.agents.erase(host_id);
    run_effects(self, options, self->state.cluster->advance(steady_now(self)));
    if (self->state.finished) return;
    run_effects(self, options, self->state.cluster->connection_broken(host_id));
  });
  self->send(self, health_check{});
  return {
      // A ControlMessage of a host, or a status query of anyone.
      [self, options](const control_bytes& bytes) { take_bytes(self, options, bytes); },
      // The epoch is durable, or can't be made so.
      [self, options](const epoch_saved& saved) {
        auto& cluster = *self->state.cluster;
        run_effects(self, options,
                    saved.failure.empty() ? cluster.epoch_persisted(saved.value.number)
                                          : cluster.stop_requested(saved.failure, true));
        begin_probing(self);
      },
      [self, options](health_check) {
        ping_hosts(self, options);
        begin_probing(self);
      },
      [self, options](probe_now) { probe_hosts(self, options); },
      [self, options](counts_overdue late) { answer_awaited(self, late.query, *options); },
      // The agent of this host, about hosts whose connection broke.
      [self, options](const host_reached& reached) { take_reached(self, options, reached); },
      [self, options](const host_unreachable& lost) {
        if (self->state.agents.contains(lost.host_id)) return; // it has come by itself
        run_effects(self, options, self->state.cluster->connection_lost(lost.host_id));
      },
  };
}

} // namespace tickmesh
