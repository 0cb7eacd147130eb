// How a host agent starts its slots and finds the slots that they send to.
#include "actors/control/host_agent_steps.hpp"
#include "runtime/actor_system.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

namespace tickmesh {

namespace {

/// Roles that a slot of `r` sends to.
std::vector<role> downstream_of(role r) {
  if (r == role::data) return {role::calc, role::exec};
  if (r == role::calc) return {role::exec};
  return {};
}

void add_peer(agent_actor* self, slot_name slot, slot_name peer, const caf::actor& handle) {
  auto& running = self->state.slots.at(slot);
  self->monitor(handle);
  running.peers[peer] = handle;
  if (--running.peers_missing == 0) self->send(running.handle, link_peers{running.peers});
}

void query_peer(agent_actor* self, slot_name slot, slot_name peer, const caf::actor& agent) {
  self->request(agent, request_timeout, slot_query{static_cast<std::uint8_t>(peer.of), peer.index})
      .then([self, slot, peer](const caf::actor& handle) { add_peer(self, slot, peer, handle); },
            [self, slot, peer](const caf::error&) {
              self->delayed_send(self, retry_interval, retry_peer{slot, peer});
            });
}

void answer_waiting_queries(agent_actor* self, slot_name slot, const caf::actor& handle) {
  auto& waiting = self->state.waiting_queries;
  auto found = waiting.find(slot);
  if (found == waiting.end()) return;
  for (auto& promise : found->second)
    promise.deliver(handle);
  waiting.erase(found);
}

} // namespace

void find_peer(agent_actor* self, slot_name slot, slot_name peer) {
  auto& state = self->state;
  if (state.stopping) return;
  if (auto local = state.slots.find(peer); local != state.slots.end())
    return add_peer(self, slot, peer, local->second.handle);
  auto& address = state.addresses.at(peer);
  auto key = fmt::format("{}:{}", address.address, address.port);
  if (auto known = state.remote_agents.find(key); known != state.remote_agents.end())
    return query_peer(self, slot, peer, known->second);
  self->request(self->system().middleman().actor_handle(), request_timeout, caf::connect_atom_v,
                address.address, address.port)
      .then(
          [self, slot, peer, key](const caf::node_id&, const caf::strong_actor_ptr& agent,
                                  const std::set<std::string>&) {
            if (agent == nullptr) {
              self->delayed_send(self, retry_interval, retry_peer{slot, peer});
              return;
            }
            auto handle = caf::actor_cast<caf::actor>(agent);
            self->state.remote_agents[key] = handle;
            query_peer(self, slot, peer, handle);
          },
          [self, slot, peer](const caf::error&) {
            self->delayed_send(self, retry_interval, retry_peer{slot, peer});
          });
}

void start_slots(agent_actor* self, const addressed_view& published) {
  auto& state = self->state;
  if (state.view != nullptr || state.stopping) return;
  state.view = std::make_shared<const cluster_view>(published.view);
  state.addresses = published.addresses;
  auto& id = state.options.join.host_id;
  for (role r : {role::exec, role::calc, role::data})
    for (auto slot : state.view->slots_of(r)) {
      if (state.view->host_of(slot) != id) continue;
      slot_context context{slot,
                           state.view,
                           state.options.host,
                           state.options.clock,
                           caf::actor_cast<caf::actor>(self),
                           state.options.writer};
      auto handle = state.options.start_slot(self, context);
      self->monitor(handle);
      state.slots[slot].handle = handle;
      state.stop_order.push_back(slot);
      answer_waiting_queries(self, slot, handle);
    }
  for (auto& [slot, running] : state.slots) {
    std::vector<slot_name> peers;
    for (role r : downstream_of(slot.of))
      for (auto peer : state.view->slots_of(r))
        peers.push_back(peer);
    running.peers_missing = peers.size();
    if (peers.empty()) self->send(running.handle, link_peers{});
    for (auto peer : peers)
      find_peer(self, slot, peer);
  }
}

caf::typed_response_promise<caf::actor> answer_slot_query(agent_actor* self,
                                                          const slot_query& query) {
  auto& state = self->state;
  auto promise = self->make_response_promise<caf::actor>();
  slot_name slot{static_cast<role>(query.role), query.index};
  if (slot.of == role::control) {
    if (state.options.coordinator == nullptr)
      promise.deliver(make_failure("it has no control role"));
    else
      promise.deliver(state.options.coordinator);
  } else if (auto running = state.slots.find(slot); running != state.slots.end()) {
    promise.deliver(running->second.handle);
  } else {
    state.waiting_queries[slot].push_back(promise);
  }
  return promise;
}

} // namespace tickmesh
