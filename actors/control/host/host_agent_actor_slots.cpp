#include "actors/control/host/host_agent_actor_slots.hpp"

#include "runtime/actors/actor_system.hpp"

#include <caf/io/all.hpp>

#include <memory>
#include <set>
#include <utility>

namespace tickmesh {

namespace {

void search_again(agent_actor* self, const peer_search& search) {
  self->delayed_send(self, self->state.options.cluster.retry_interval, search);
}

void add_peer(agent_actor* self, const peer_search& search, const caf::actor& handle) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_wanted(search)) return;
  self->monitor(handle);
  if (auto* complete = state.slots.add_peer(search, handle))
    self->send(complete->handle, link_peers{complete->peers});
}

/// Asks the agent of the host that listens there.
void query_peer(agent_actor* self, const peer_search& search, const endpoint& address,
                const caf::actor& agent) {
  self->request(agent, self->state.options.cluster.request_timeout,
                slot_query{static_cast<std::uint8_t>(search.peer.of), search.peer.index})
      .then([self, search](const caf::actor& handle) { add_peer(self, search, handle); },
            [self, search, address, agent](const caf::error& why) {
              // The host that listens there next has another agent.
              if (why != caf::sec::request_timeout) self->state.directory.forget(address, agent);
              search_again(self, search);
            });
}

} // namespace

void find_peer(agent_actor* self, const peer_search& search) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_wanted(search)) return;
  if (auto* local = state.slots.find(search.peer)) return add_peer(self, search, local->handle);
  auto address = state.directory.address_of(search.peer);
  if (auto* agent = state.directory.find(address)) return query_peer(self, search, address, *agent);
  if (!self->system().has_middleman()) return search_again(self, search);
  self->request(self->system().middleman().actor_handle(), state.options.cluster.request_timeout,
                caf::connect_atom_v, address.address, address.port)
      .then(
          [self, search, address](const caf::node_id&, const caf::strong_actor_ptr& agent,
                                  const std::set<std::string>&) {
            if (agent == nullptr) return search_again(self, search);
            auto handle = caf::actor_cast<caf::actor>(agent);
            self->state.directory.remember(address, handle);
            query_peer(self, search, address, handle);
          },
          [self, search](const caf::error&) { search_again(self, search); });
}

namespace {

void find_peers(agent_actor* self, slot_name slot, bool for_replica) {
  auto& slots = self->state.slots;
  auto searches = slots.search_peers(slot, for_replica);
  if (searches.empty()) self->send(slots.find(slot)->handle, link_peers{});
  for (auto& search : searches) {
    if (slots.connects_later(search))
      search_again(self, search);
    else
      find_peer(self, search);
  }
}

void start(agent_actor* self, const hosted_slots<caf::actor>::start_order& order) {
  auto& state = self->state;
  auto& options = state.options;
  slot_context context{order.assignment.slot,
                       state.slots.view(),
                       options.host,
                       options.clock,
                       caf::actor_cast<caf::actor>(self),
                       options.writer,
                       order.assignment.since};
  auto handle =
      order.as_replica ? options.start_replica(self, context) : options.start_slot(self, context);
  self->monitor(handle);
  state.slots.started(order, handle);
  state.stop.started(handle);
  if (order.as_replica) return;
  auto waiting = state.waiting_queries.extract(order.assignment.slot);
  if (waiting.empty()) return;
  for (auto& promise : waiting.mapped())
    promise.deliver(handle);
}

} // namespace

void find_owner_again(agent_actor* self, slot_name slot) {
  auto& state = self->state;
  if (state.slots.find_replica(slot) == nullptr) return;
  state.directory.forget(state.directory.address_of(slot));
  find_peers(self, slot, true);
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
  } else if (auto* running = state.slots.find(slot)) {
    promise.deliver(running->handle);
  } else {
    state.waiting_queries[slot].push_back(promise);
  }
  return promise;
}

void start_missing(agent_actor* self) {
  auto missing = self->state.slots.missing();
  for (auto& order : missing)
    start(self, order);
  for (bool as_replica : {false, true})
    for (auto& order : missing)
      if (order.as_replica == as_replica) find_peers(self, order.assignment.slot, as_replica);
}

void apply_view(agent_actor* self, const addressed_view& published) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_newer(published.view)) return;
  state.directory.take_addresses(published.addresses);
  auto lost = state.slots.take_view(std::make_shared<const cluster_view>(published.view));
  for (auto& [slot, handle] : lost) {
    state.counts.forget(slot);
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  }
  for (auto* group : {&state.slots.slots(), &state.slots.replicas()})
    for (auto& [slot, running] : *group)
      self->send(running.handle, view_changed{state.slots.view()});
  for (auto slot : state.slots.take_new_owners())
    find_peers(self, slot, true);
  start_missing(self);
}

} // namespace tickmesh
