// How a host agent starts and ends its slots and replicas as views come, and finds their peers.
#include "actors/control/host/host_agent_actor_steps.hpp"
#include "runtime/actors/actor_system.hpp"

#include <caf/io/all.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tickmesh {

namespace {

/// Roles that a slot of `r` sends to.
std::vector<role> downstream_of(role r) {
  if (r == role::data) return {role::calc, role::exec};
  if (r == role::calc) return {role::exec};
  return {};
}

/// Whoever needs the peer; null when the search is void.
host_agent_state::running_slot* find_seeker(agent_actor* self, const peer_search& search) {
  auto& state = self->state;
  auto& group = search.for_replica ? state.replicas : state.slots;
  auto i = group.find(search.slot);
  bool is_void = state.stopping || i == group.end() || i->second.since != search.since;
  return is_void ? nullptr : &i->second;
}

void search_again(agent_actor* self, const peer_search& search) {
  self->delayed_send(self, retry_interval, search);
}

void add_peer(agent_actor* self, const peer_search& search, const caf::actor& handle) {
  auto seeker = find_seeker(self, search);
  if (!seeker) return;
  self->monitor(handle);
  seeker->peers[search.peer] = handle;
  if (--seeker->peers_missing == 0) self->send(seeker->handle, link_peers{seeker->peers});
}

/// Asks the agent of a host that listens at `key`.
void query_peer(agent_actor* self, const peer_search& search, const std::string& key) {
  auto agent = self->state.remote_agents.at(key);
  self->request(agent, request_timeout,
                slot_query{static_cast<std::uint8_t>(search.peer.of), search.peer.index})
      .then([self, search](const caf::actor& handle) { add_peer(self, search, handle); },
            [self, search, key, agent](const caf::error& why) {
              // The host that listens there next has another agent.
              auto known = self->state.remote_agents.find(key);
              if (why != caf::sec::request_timeout && known != self->state.remote_agents.end() &&
                  known->second == agent)
                self->state.remote_agents.erase(known);
              search_again(self, search);
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

void find_peer(agent_actor* self, const peer_search& search) {
  auto& state = self->state;
  if (!find_seeker(self, search)) return;
  if (auto local = state.slots.find(search.peer); local != state.slots.end())
    return add_peer(self, search, local->second.handle);
  auto& address = state.addresses.at(search.peer);
  auto key = fmt::format("{}:{}", address.address, address.port);
  if (state.remote_agents.contains(key)) return query_peer(self, search, key);
  if (!self->system().has_middleman()) return search_again(self, search);
  self->request(self->system().middleman().actor_handle(), request_timeout, caf::connect_atom_v,
                address.address, address.port)
      .then(
          [self, search, key](const caf::node_id&, const caf::strong_actor_ptr& agent,
                              const std::set<std::string>&) {
            if (agent == nullptr) return search_again(self, search);
            self->state.remote_agents[key] = caf::actor_cast<caf::actor>(agent);
            query_peer(self, search, key);
          },
          [self, search](const caf::error&) { search_again(self, search); });
}

namespace {

bool has_replica_on(const slot_assignment& assignment, const std::string& host_id) {
  return std::ranges::any_of(assignment.replicas,
                             [&](auto& replica) { return replica.host_id == host_id; });
}

/// Ends the slots and replicas that the view does not give this host any more.
void end_lost(agent_actor* self) {
  auto& state = self->state;
  auto& id = state.options.join.host_id;
  auto end_unless = [self, &state](auto& group, auto keeps) {
    for (auto i = group.begin(); i != group.end();) {
      auto assignment = state.view->find(i->first);
      if (assignment != nullptr && keeps(*assignment, i->second)) {
        ++i;
        continue;
      }
      state.reports.erase(i->first);
      state.ending[i->first] = i->second.handle;
      self->send_exit(i->second.handle, caf::exit_reason::user_shutdown);
      i = group.erase(i);
    }
  };
  end_unless(state.slots, [&](auto& assignment, auto& running) {
    return assignment.host_id == id && assignment.since == running.since;
  });
  end_unless(state.replicas,
             [&](auto& assignment, auto&) { return has_replica_on(assignment, id); });
}

/// Asks for all peers of a slot that has just started, or of a replica whose slot has a new owner.
void find_peers(agent_actor* self, slot_name slot, bool for_replica) {
  auto& state = self->state;
  auto& running = (for_replica ? state.replicas : state.slots).at(slot);
  std::vector<slot_name> peers;
  if (for_replica)
    peers.push_back(slot);
  else
    for (role r : downstream_of(slot.of))
      for (auto peer : state.view->slots_of(r))
        peers.push_back(peer);
  running.peers.clear();
  running.peers_missing = peers.size();
  if (peers.empty()) self->send(running.handle, link_peers{});
  // Of two hosts that keep each other's replicas, one connects first: where both do so at one
  // moment, CAF may drop both connections.
  bool waits = for_replica && state.view->host_of(slot) < state.options.join.host_id;
  for (auto peer : peers) {
    peer_search search{slot, for_replica, running.since, peer};
    if (waits)
      search_again(self, search);
    else
      find_peer(self, search);
  }
}

} // namespace

void find_owner_again(agent_actor* self, slot_name slot) {
  auto& state = self->state;
  if (!state.replicas.contains(slot)) return;
  auto& address = state.addresses.at(slot);
  state.remote_agents.erase(fmt::format("{}:{}", address.address, address.port));
  find_peers(self, slot, true);
}

namespace {

/// Tells what runs of the new view.
void tell_view(agent_actor* self) {
  auto& state = self->state;
  for (auto& [slot, running] : state.slots)
    self->send(running.handle, view_changed{state.view});
  for (auto& [slot, running] : state.replicas) {
    self->send(running.handle, view_changed{state.view});
    auto since = state.view->find(slot)->since;
    if (running.since == since) continue;
    running.since = since;
    find_peers(self, slot, true);
  }
}

void start(agent_actor* self, const slot_assignment& assignment, bool as_replica) {
  auto& state = self->state;
  slot_context context{assignment.slot,
                       state.view,
                       state.options.host,
                       state.options.clock,
                       caf::actor_cast<caf::actor>(self),
                       state.options.writer,
                       assignment.since};
  auto handle = as_replica ? state.options.start_replica(self, context)
                           : state.options.start_slot(self, context);
  self->monitor(handle);
  auto& running = (as_replica ? state.replicas : state.slots)[assignment.slot];
  running.handle = handle;
  running.since = assignment.since;
  state.stop_order.push_back(handle);
  if (!as_replica) answer_waiting_queries(self, assignment.slot, handle);
}

} // namespace

void start_missing(agent_actor* self) {
  auto& state = self->state;
  auto& id = state.options.join.host_id;
  std::vector<slot_name> started, copied;
  for (role r : {role::exec, role::calc, role::data})
    for (auto slot : state.view->slots_of(r)) {
      auto& assignment = *state.view->find(slot);
      if (state.ending.contains(slot)) continue;
      if (assignment.host_id == id && !state.slots.contains(slot)) {
        start(self, assignment, false);
        started.push_back(slot);
      } else if (has_replica_on(assignment, id) && !state.replicas.contains(slot) &&
                 state.options.start_replica) {
        start(self, assignment, true);
        copied.push_back(slot);
      }
    }
  for (auto slot : started)
    find_peers(self, slot, false);
  for (auto slot : copied)
    find_peers(self, slot, true);
}

void apply_view(agent_actor* self, const addressed_view& published) {
  auto& state = self->state;
  if (state.stopping || (state.view != nullptr && published.view.number <= state.view->number))
    return;
  state.view = std::make_shared<const cluster_view>(published.view);
  state.addresses = published.addresses;
  end_lost(self);
  tell_view(self);
  start_missing(self);
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
