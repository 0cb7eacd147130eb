#include "actors/control/host/host_agent_actor_slots.hpp"

#include "actors/control/host/host_agent_actor_reach.hpp"
#include "runtime/actors/actor_system.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace tickmesh {

void search_later(agent_actor* self, const peer_search& search) {
  self->delayed_send(self, self->state.options.cluster.retry_interval, search);
}

namespace {

void wait_for_host(agent_actor* self, const peer_search& search, const std::string& host_id) {
  auto& waiting = self->state.waiting_searches[host_id];
  if (std::ranges::find(waiting, search) == waiting.end()) waiting.push_back(search);
}

void add_peer(agent_actor* self, const peer_search& search, const caf::actor& handle) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_wanted(search)) return;
  if (!state.slots.has_peer(search, handle)) self->monitor(handle);
  auto found = state.slots.add_peer(search, handle);
  if (!found.empty()) self->send(state.slots.seeker(search), link_peers{std::move(found)});
}

/// Asks the agent of the peer's host.
void query_peer(agent_actor* self, const peer_search& search, const std::string& host_id,
                const caf::actor& agent) {
  self->request(agent, self->state.options.cluster.request_timeout,
                slot_query{static_cast<std::uint8_t>(search.peer.of), search.peer.index,
                           search.peer_since.value})
      .then([self, search](const caf::actor& handle) { add_peer(self, search, handle); },
            [self, search, host_id, agent](const caf::error& why) {
              auto& directory = self->state.directory;
              auto* known = directory.find(host_id);
              // A host that is there answers; what was asked may have been lost on the way.
              if (why == caf::sec::request_timeout && known != nullptr && *known == agent &&
                  directory.connects_to(host_id)) {
                directory.forget(host_id);
                look_for_host(self, host_id);
              }
              search_later(self, search);
            });
}

} // namespace

void find_peer(agent_actor* self, const peer_search& search) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_wanted(search)) return;
  auto& host_id = state.slots.view()->find(search.peer)->host_id;
  if (host_id == state.options.join.host_id) {
    auto* local = state.slots.find(search.peer);
    return local != nullptr ? add_peer(self, search, local->handle) : search_later(self, search);
  }
  if (auto* agent = state.directory.find(host_id)) return query_peer(self, search, host_id, *agent);
  wait_for_host(self, search, host_id);
  look_for_host(self, host_id);
}

void search_when_reached(agent_actor* self, const std::string& host_id) {
  auto& slots = self->state.slots;
  for (auto& search : slots.missing_peers())
    if (slots.view()->find(search.peer)->host_id == host_id) wait_for_host(self, search, host_id);
}

void search_waiting_peers(agent_actor* self, const std::string& host_id) {
  auto waiting = self->state.waiting_searches.extract(host_id);
  if (waiting.empty()) return;
  for (auto& search : waiting.mapped())
    find_peer(self, search);
}

void find_silent_peer(agent_actor* self, const peer_silent& silent) {
  if (auto search = self->state.slots.search_again(silent.slot, silent.peer))
    find_peer(self, *search);
}

namespace {

/// What is known here of the slot that somebody asks for.
slot_presence judge_query(const host_agent_state& state, slot_name slot, epoch since) {
  if (state.stop.is_stopping()) return slot_presence::over; // what runs is about to end
  if (auto* running = state.slots.find(slot);
      running != nullptr && (since == epoch{} || since == running->since))
    return slot_presence::here;
  auto& view = state.slots.view();
  auto* assignment = view == nullptr ? nullptr : view->find(slot);
  bool is_over = assignment != nullptr && since != epoch{} && since < assignment->since;
  return is_over ? slot_presence::over : slot_presence::awaited;
}

void answer_queries(agent_actor* self) {
  auto& state = self->state;
  state.queries.settle(
      [&state](slot_name slot, epoch since) { return judge_query(state, slot, since); },
      [&state](auto& query, slot_presence presence) {
        if (presence == slot_presence::here)
          query.answer.deliver(state.slots.find(query.slot)->handle);
        else
          query.answer.deliver(make_failure("the slot is another host's"));
      });
}

void find_peers(agent_actor* self, slot_name slot, bool for_replica) {
  auto& slots = self->state.slots;
  auto searches = slots.search_peers(slot, for_replica);
  if (searches.empty()) self->send(slots.find(slot)->handle, link_peers{});
  for (auto& search : searches)
    find_peer(self, search);
}

void start(agent_actor* self, const hosted_slots<caf::actor>::start_order& order) {
  auto& state = self->state;
  auto& options = state.options;
  auto slot = order.assignment.slot;
  slot_context context{
      slot,
      state.slots.view(),
      options.host,
      options.clock,
      caf::actor_cast<caf::actor>(self),
      options.writer,
      order.assignment.since,
      options.files,
      fmt::format("{}-{}.{}", to_string(slot.of), slot.index, state.slots.view()->number.value)};
  auto handle =
      order.as_replica ? options.start_replica(self, context) : options.start_slot(self, context);
  self->monitor(handle);
  state.slots.started(order, handle);
  state.stop.started(handle);
}

} // namespace

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
    return promise;
  }
  auto oldest = state.queries.add({slot, epoch{query.epoch}, promise},
                                  state.options.cluster.waiting_queries_max);
  if (oldest) oldest->answer.deliver(make_failure("too many hosts wait for slots"));
  answer_queries(self);
  return promise;
}

void start_missing(agent_actor* self) {
  auto missing = self->state.slots.missing();
  for (auto& order : missing)
    start(self, order);
  answer_queries(self);
  for (bool as_replica : {false, true})
    for (auto& order : missing)
      if (order.as_replica == as_replica) find_peers(self, order.assignment.slot, as_replica);
}

void tell_view(agent_actor* self) {
  auto& slots = self->state.slots;
  for (auto* group : {&slots.slots(), &slots.replicas()})
    for (auto& [slot, running] : *group)
      self->send(running.handle, view_changed{slots.view()});
}

void apply_view(agent_actor* self, const addressed_view& published) {
  auto& state = self->state;
  if (state.stop.is_stopping() || !state.slots.is_newer(published.view)) return;
  auto partners = partners_of(published.view, state.options.join.host_id);
  state.directory.take_hosts(published.addresses, partners);
  auto lost = state.slots.take_view(std::make_shared<const cluster_view>(published.view));
  for (auto& [slot, handle] : lost) {
    state.counts.forget(slot);
    self->send_exit(handle, caf::exit_reason::user_shutdown);
  }
  tell_view(self);
  for (auto& host_id : partners) {
    look_for_host(self, host_id);
    if (state.directory.find(host_id) == nullptr) expect_host(self, host_id);
  }
  for (auto slot : state.slots.take_new_owners())
    find_peers(self, slot, true);
  for (auto slot : state.slots.take_promoted())
    find_peers(self, slot, false);
  for (auto& search : state.slots.take_new_peers())
    find_peer(self, search);
  auto waiting = std::exchange(state.waiting_searches, {});
  for (auto& [host_id, searches] : waiting)
    for (auto& search : searches)
      find_peer(self, search); // the peer may be another host's now
  start_missing(self);
}

} // namespace tickmesh
