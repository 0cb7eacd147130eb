#include "actors/control/host/host_agent_actor_reach.hpp"

#include "actors/control/host/host_agent_actor_reports.hpp"
#include "actors/control/host/host_agent_actor_slots.hpp"
#include "actors/control/host/host_agent_actor_stop.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <utility>

namespace tickmesh {

namespace {

host_hello own_hello(const host_agent_options& options) {
  return {options.join.host_id, options.join.incarnation};
}

void wait_to_look_again(agent_actor* self, const std::string& host_id) {
  auto& state = self->state;
  auto wait = state.directory.attempt_failed(host_id, state.options.cluster.retry_interval);
  self->delayed_send(self, wait, look_again{host_id});
}

void find_host(agent_actor* self, const host_hello& hello, const caf::actor& agent) {
  auto& host_id = hello.host_id;
  auto& state = self->state;
  if (!state.directory.reached(host_id, agent, state.options.cluster.waiting_queries_max)) return;
  self->monitor(agent);
  if (state.options.coordinator != nullptr)
    self->send(state.options.coordinator, host_reached{host_id, agent, hello.incarnation});
  search_waiting_peers(self, host_id);
}

/// Makes sure that it is the host that was looked for.
void ask_who_it_is(agent_actor* self, const std::string& host_id, const caf::actor& agent) {
  auto& options = self->state.options;
  // Where the connection breaks meanwhile, nobody but the end of the agent tells.
  self->state.directory.found(host_id, agent);
  self->monitor(agent);
  // The answer may be lost with what CAF knew of the connection before; a new question is not.
  self->request(agent, options.cluster.health_check_interval, own_hello(options))
      .then(
          [self, host_id, agent](const host_hello& answer) {
            if (!self->state.directory.take_candidate(host_id, agent)) return;
            if (answer.host_id == host_id) return find_host(self, answer, agent);
            wait_to_look_again(self, host_id);
          },
          [self, host_id, agent](const caf::error& why) {
            if (!self->state.directory.take_candidate(host_id, agent)) return;
            log_debug("{} has not said that it is there: {}", host_id, describe(why));
            wait_to_look_again(self, host_id);
          });
}

void connect(agent_actor* self, const std::string& host_id, const endpoint& address) {
  auto& options = self->state.options;
  options.connect(self, address, options.cluster.request_timeout,
                  [self, host_id](const connect_outcome& outcome) {
                    auto& own = self->state;
                    if (outcome.host != nullptr) return ask_who_it_is(self, host_id, outcome.host);
                    log_debug("can't reach {}: {}", host_id, outcome.problem);
                    if (outcome.is_refused && own.options.coordinator != nullptr)
                      self->send(own.options.coordinator, host_unreachable{host_id});
                    wait_to_look_again(self, host_id);
                  });
}

} // namespace

void look_for_host(agent_actor* self, const std::string& host_id) {
  if (self->state.directory.connects_to(host_id)) look_for_host_yourself(self, host_id);
}

void look_for_host_yourself(agent_actor* self, const std::string& host_id) {
  auto& state = self->state;
  bool is_control = state.options.coordinator != nullptr;
  if (state.stop.is_stopping() && !is_control) return;
  if (auto address = state.directory.begin_attempt(host_id)) connect(self, host_id, *address);
}

void keep_host(agent_actor* self, const host_joined& host) {
  auto& state = self->state;
  if (host.host_id == state.options.join.host_id) return;
  state.directory.joined(host.host_id, host.address);
  if (state.directory.begin_attempt(host.host_id)) ask_who_it_is(self, host.host_id, host.agent);
}

host_hello greet_host(agent_actor* self, const host_hello& hello) {
  auto& options = self->state.options;
  auto agent = caf::actor_cast<caf::actor>(self->current_sender());
  bool is_named =
      agent != nullptr && (!options.is_named || options.is_named(agent->node(), hello.host_id));
  if (is_named && hello.host_id != options.join.host_id) find_host(self, hello, agent);
  return own_hello(options);
}

void lose_host(agent_actor* self, const std::string& host_id) {
  auto& directory = self->state.directory;
  if (auto candidate = directory.candidate(host_id)) {
    directory.take_candidate(host_id, *candidate);
    return wait_to_look_again(self, host_id);
  }
  if (!self->state.stop.is_stopping()) log_warning("lost the connection to {}", host_id);
  search_when_reached(self, host_id);
  look_for_host(self, host_id);
  expect_host(self, host_id); // it may not know that anything is lost
}

void expect_host(agent_actor* self, const std::string& host_id) {
  auto& state = self->state;
  if (!state.directory.connects_to(host_id))
    self->delayed_send(self, state.control.timeout() / 4, look_yourself{host_id});
}

namespace {

void send_join(agent_actor* self) {
  wire::ControlMessage message;
  *message.mutable_join() = to_wire(self->state.options.join);
  send_to_control(self, message);
}

} // namespace

/// Looks for the coordinator behind the address that the host was given.
void try_to_join(agent_actor* self) {
  auto& state = self->state;
  if (state.joined || state.stop.is_stopping()) return;
  if (state.options.coordinator != nullptr) return send_join(self);
  auto& target = *state.options.host->join;
  if (auto why = state.attempts.give_up(target, steady_now(self)))
    return begin_stop(self, {1, *why});
  auto retry = [self](const std::string& problem) {
    self->state.attempts.failed(problem);
    self->delayed_send(self, self->state.options.cluster.retry_interval, retry_join{});
  };
  // A question, or its answer, may be lost with what CAF knew of a connection before.
  auto patience = state.options.cluster.health_check_interval;
  state.options.connect(self, target, state.options.cluster.request_timeout,
                        [self, retry, patience](const connect_outcome& outcome) {
                          if (outcome.host == nullptr) return retry(outcome.problem);
                          self->request(outcome.host, patience,
                                        slot_query{static_cast<std::uint8_t>(role::control), 0, 0})
                              .then(
                                  [self, patience](const caf::actor& coordinator) {
                                    auto& own = self->state;
                                    // A handle found again equals the one that was lost.
                                    if (own.control_lost || own.coordinator != coordinator)
                                      self->monitor(coordinator);
                                    own.coordinator = coordinator;
                                    own.control_lost = false;
                                    send_join(self);
                                    self->delayed_send(self, 2 * patience,
                                                       retry_join{}); // unless it has joined then
                                  },
                                  [retry](const caf::error& why) {
                                    retry("the host there is no control host: " + describe(why));
                                  });
                        });
}

void lose_control(agent_actor* self) {
  auto& state = self->state;
  state.control_lost = true;
  if (state.stop.is_stopping()) return;
  auto loss = state.control.describe_loss(steady_now(self));
  if (state.options.coordinator != nullptr) return begin_stop(self, {1, loss});
  auto wait = state.options.cluster.retry_interval;
  if (!state.joined || state.slots.view() == nullptr) {
    // The control host has forgotten it, or has not heard of it.
    state.joined = false;
    state.attempts.begin(state.options.cluster.join_timeout, steady_now(self));
    state.attempts.failed(loss);
    self->delayed_send(self, wait, retry_join{});
    return;
  }
  log_warning("{}", loss);
  // The control host connects first: where both do so at one moment, both may fail.
  self->delayed_send(self, state.options.cluster.health_check_interval, probe_control_now{});
}

void probe_control(agent_actor* self) {
  auto& state = self->state;
  if (!state.control_lost || state.stop.is_stopping()) return;
  auto& options = state.options;
  options.connect(self, *options.host->join, options.cluster.request_timeout,
                  [self](const connect_outcome& outcome) {
                    auto& own = self->state;
                    if (!own.control_lost || own.stop.is_stopping()) return;
                    if (outcome.host == nullptr && outcome.is_refused)
                      return begin_stop(self, {1, own.control.describe_loss(steady_now(self))});
                    self->delayed_send(self, 2 * own.options.cluster.health_check_interval,
                                       probe_control_now{});
                  });
}

void hear_control(agent_actor* self) {
  auto& state = self->state;
  if (!state.control_lost || state.slots.view() == nullptr) return;
  wire::Reattached message;
  message.set_control_host_id(state.control.host());
  be_reattached(self, message);
}

void be_reattached(agent_actor* self, const wire::Reattached& message) {
  auto& state = self->state;
  auto coordinator = caf::actor_cast<caf::actor>(self->current_sender());
  if (coordinator == nullptr || message.control_host_id() != state.control.host()) return;
  if (coordinator != state.coordinator || state.control_lost) {
    log_info("the control host {} is reached again", message.control_host_id());
    state.coordinator = coordinator;
    self->monitor(coordinator);
  }
  state.control_lost = false;
  state.joined = true;
  state.control.heard(steady_now(self));
  if (state.host_failure) send_host_failed(self, *state.host_failure);
  if (state.stop.is_saying_goodbye()) return send_goodbye(self);
  if (state.stop.is_stopping()) return;
  report_again(self);
  tell_view(self);
  if (state.stop_wish) request_stop(self, *state.stop_wish);
}

} // namespace tickmesh
