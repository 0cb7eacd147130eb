#include "actors/control/coordinator/coordinator_effects_actor.hpp"

#include "actors/control/coordinator/host_reach_protocol.hpp"
#include "actors/control/wire/cluster_document.hpp"
#include "actors/control/wire/control_codec.hpp"
#include "messages/utf8.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"
#include "runtime/telemetry/log.hpp"

#include <algorithm>

namespace tickmesh {

void send_to(coordinator_actor* self, const std::string& host_id,
             const wire::ControlMessage& message) {
  auto agent = self->state.agents.find(host_id);
  if (agent != self->state.agents.end()) self->send(agent->second, to_bytes(message));
}

void take_agent(coordinator_actor* self, const std::string& host_id, const caf::actor& agent) {
  auto& state = self->state;
  // A host that comes back has an agent whose end is no news any more.
  if (auto former = state.agents.find(host_id); former != state.agents.end()) {
    state.host_by_agent.erase(former->second.address());
    self->demonitor(former->second);
  }
  state.agents[host_id] = agent;
  state.host_by_agent[agent.address()] = host_id;
  self->monitor(agent);
}

wire::Status current_status(coordinator_actor* self, const coordinator_options& options,
                            bool with_symbols) {
  auto out = make_status(
      *self->state.cluster,
      {options.cluster.settings.name, options.boot_id, options.cluster.settings.data_replication,
       self->state.execution, steady_now(self), options.clock->local_ns(),
       options.cluster.configuration_hash, options.cluster.schema_hash, with_symbols});
  out.set_started_ns(self->state.started_ns);
  out.set_finished_ns(self->state.finished_ns);
  return out;
}

namespace {

void send_to_all(coordinator_actor* self, const wire::ControlMessage& message) {
  for (auto& [host_id, agent] : self->state.agents)
    self->send(agent, to_bytes(message));
}

/// The agent of the control host keeps the connections to the hosts that have joined.
void keep_connected(coordinator_actor* self, const coordinator_options& options,
                    const std::string& host_id) {
  auto& state = self->state;
  auto own = state.agents.find(options.host_id), agent = state.agents.find(host_id);
  auto address = state.cluster->address_of(host_id);
  if (own == state.agents.end() || agent == state.agents.end() || !address) return;
  self->send(own->second, host_joined{host_id, *address, agent->second});
}

addressed_view with_addresses(const cluster_state& cluster, const cluster_view& view) {
  addressed_view out{view, {}};
  auto add = [&](const std::string& host_id) {
    if (auto address = cluster.address_of(host_id)) out.addresses[host_id] = *address;
  };
  for (auto& assignment : view.slots) {
    add(assignment.host_id);
    for (auto& replica : assignment.replicas)
      add(replica.host_id);
  }
  return out;
}

/// Carries out one effect each.
struct effect_runner {
  coordinator_actor* self;
  const options_ptr& options;

  void operator()(const effect::accept_join& accepted) const {
    auto& state = self->state;
    state.clock_offsets.erase(accepted.host_id);
    state.best_response.erase(accepted.host_id);
    take_agent(self, accepted.host_id, state.asker);
    if (accepted.host_id == options->host_id)
      for (auto& [host_id, agent] : state.agents)
        keep_connected(self, *options, host_id);
    else
      keep_connected(self, *options, accepted.host_id);
    wire::ControlMessage message;
    auto& answer = *message.mutable_join_accepted();
    answer.set_control_host_id(options->host_id);
    answer.set_boot_id(options->boot_id);
    answer.set_control_time_ns(options->clock->local_ns());
    answer.set_failover_timeout_ms(
        static_cast<std::uint32_t>(options->cluster.settings.failover_timeout.count()));
    self->send(state.asker, to_bytes(message));
    log_info("{} joined", accepted.host_id);
  }
  void operator()(const effect::refuse_join& refused) const {
    wire::ControlMessage message;
    message.mutable_join_refused()->set_reason(replace_non_utf8(refused.message));
    self->send(self->state.asker, to_bytes(message));
    log_error("refused {}: {}", refused.host_id, refused.message);
  }
  void operator()(const effect::persist_epoch& persist) const {
    self->send(options->epochs, save_epoch{persist.value});
  }
  void operator()(const effect::publish_view& publish) const {
    wire::ControlMessage message;
    *message.mutable_view() = to_wire(with_addresses(*self->state.cluster, publish.view));
    send_to_all(self, message);
    log_view(publish.view);
  }
  void operator()(const effect::reattach_host& reattach) const {
    wire::ControlMessage message;
    message.mutable_reattached()->set_control_host_id(options->host_id);
    send_to(self, reattach.host_id, message);
    log_info("{} is reached again", reattach.host_id);
  }
  void operator()(const effect::send_view& send) const {
    auto& cluster = *self->state.cluster;
    wire::ControlMessage message;
    *message.mutable_view() = to_wire(with_addresses(cluster, *cluster.view()));
    send_to(self, send.host_id, message);
  }
  void operator()(const effect::slot_moved& moved) const { log_warning("{}", moved.reason); }
  void operator()(const effect::slot_given_up& given_up) const {
    log_error("{}; the cluster goes on", given_up.reason);
  }
  void operator()(const effect::start_feeds& start) const {
    wire::ControlMessage message;
    auto& start_feeds = *message.mutable_start_feeds();
    if (start.slot) *start_feeds.mutable_slot() = slot_event(*start.slot);
    send_to_all(self, message);
  }
  void operator()(const effect::stop_feeds& stop) const {
    wire::ControlMessage message;
    auto& stop_feeds = *message.mutable_stop_feeds();
    stop_feeds.set_reason(replace_non_utf8(stop.reason));
    if (stop.slot) *stop_feeds.mutable_slot() = slot_event(*stop.slot);
    send_to_all(self, message);
  }
  void operator()(const effect::host_given_up& given_up) const {
    log_error("{}; the cluster goes on without it", given_up.reason);
    if (auto own = self->state.agents.find(options->host_id); own != self->state.agents.end())
      self->send(own->second, host_left{given_up.host_id});
  }
  void operator()(const effect::stop_host& stop) const {
    wire::ControlMessage message;
    message.mutable_stop_host()->set_reason(replace_non_utf8(stop.reason));
    message.mutable_stop_host()->set_failed(stop.failed);
    send_to(self, stop.host_id, message);
  }
  void operator()(const effect::answer_failover& answer) const {
    wire::ControlMessage message;
    message.mutable_failover_answer()->set_is_done(answer.is_done);
    message.mutable_failover_answer()->set_text(replace_non_utf8(answer.text));
    self->send(self->state.asker, to_bytes(message));
    if (answer.is_done) log_warning("an operator wants it: {}", answer.text);
  }
  void operator()(const effect::cluster_finished& finished) const {
    if (options->on_status) options->on_status(current_status(self, *options));
    self->state.finished = true;
    options->on_finished({finished.exit_code, finished.reason});
    self->quit();
  }

private:
  wire::SlotEvent slot_event(slot_name slot) const {
    return to_slot_event(slot, self->state.cluster->view()->find(slot)->since);
  }
  void log_view(const cluster_view& view) const {
    log_info("epoch {}: {} slots on {} hosts, {} symbols", view.number.value, view.slots.size(),
             self->state.agents.size(), view.symbols.size());
    for (auto& assignment : view.slots) {
      auto in_sync = std::ranges::count_if(assignment.replicas, &replica_assignment::in_sync);
      if (assignment.slot.of != role::exec)
        log_info("{} runs on {} since epoch {}, {} of {} replicas in sync",
                 format_slot(assignment.slot), assignment.host_id, assignment.since.value, in_sync,
                 assignment.replicas.size());
    }
  }
};

} // namespace

void run_effects(coordinator_actor* self, const options_ptr& options,
                 const cluster_effects& effects) {
  for (auto& e : effects) {
    // The control host's own files are still open until it is told to stop.
    if (std::holds_alternative<effect::stop_host>(e) &&
        std::get<effect::stop_host>(e).host_id == options->host_id)
      self->send(options->writer,
                 write_document{"cluster.json", cluster_document(current_status(self, *options))});
    std::visit(effect_runner{self, options}, e);
  }
}

} // namespace tickmesh
