#include "actors/calc/slot/calc_shadow_actor.hpp"

#include "runtime/actors/actor_system.hpp"
#include "runtime/telemetry/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Of digests in one message, at most: it stays far below 1 MiB.
constexpr std::size_t digests_told_max = 4096;

calc_progress to_message(const slot_context& context, epoch owner, const calc_position& at) {
  return {context.slot.index, owner.value, at.records, to_ns(at.mark)};
}

calc_position from_message(const calc_progress& said) {
  return {said.records, from_ns(said.mark_ns)};
}

/// The epoch since which the slot has its present owner.
epoch owner_since(const slot_context& context) {
  return context.view->find(context.slot)->since;
}

/// What the view says of this replica.
replica_assignment own_replica(const slot_context& context) {
  for (auto& replica : context.view->find(context.slot)->replicas)
    if (replica.host_id == context.host->id) return replica;
  return {};
}

void greet(calc_slot_actor* self, slot_name peer) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto since = own_replica(context).since.value;
  auto& handle = state.upstream.at(peer);
  if (peer.of == role::data)
    self->send(handle, ticks_wanted{context.slot.index, context.host->id, since});
  else
    self->send(handle, shadow_hello{context.slot.index, context.host->id, since});
}

/// What execution is done with: of all execution slots.
std::optional<calc_position> safe_position(calc_slot_state& state) {
  std::optional<calc_position> out;
  for (auto& [to, link] : state.links) {
    auto* done = link.last_done();
    if (done == nullptr) return std::nullopt;
    if (!out) out = done->covers;
    for (std::uint16_t i = 0; i < out->records.size(); ++i)
      out->records[i] = std::min(out->records[i], done->covers.record_of(i));
    out->mark = std::min(out->mark, done->covers.mark);
  }
  return out;
}

bool is_listed(const slot_context& context, const std::string& host_id, epoch since) {
  return std::ranges::any_of(context.view->find(context.slot)->replicas, [&](auto& replica) {
    return replica.host_id == host_id && replica.since == since;
  });
}

void report_shadow(calc_slot_actor* self, bool in_sync) {
  auto& context = self->state.options.context;
  auto& shadow = *self->state.shadow;
  shadow.is_in_sync = in_sync;
  self->send(context.agent,
             replica_state_changed{context.slot, shadow.host_id, in_sync, shadow.since});
}

/// The replica has come to another state: it is told to begin again, whenever it says anything.
void refuse_shadow(calc_slot_actor* self) {
  auto& state = self->state;
  auto& shadow = *state.shadow;
  self->send(shadow.handle,
             shadow_refusal{state.options.context.slot.index, shadow.since.value, shadow.refusal});
}

void find_difference(calc_slot_actor* self, const digest_book::difference& found) {
  auto& state = self->state;
  if (!state.shadow || !state.shadow->refusal.empty()) return;
  auto& shadow = *state.shadow;
  shadow.refusal = fmt::format("its state of {} after tick {} has the digest {:016x}, that of the "
                               "owner {:016x}",
                               state.symbols.name(symbol_id{found.at.symbol}), found.at.tick,
                               found.replicas, found.own);
  log_error("{}: the replica on {} has DIVERGED and begins again: {}",
            format_slot(state.options.context.slot), shadow.host_id, shadow.refusal);
  ++state.report.counts[divergences_count];
  if (shadow.is_in_sync) report_shadow(self, false);
  refuse_shadow(self);
}

/// From now on this is the slot's owner.
void take_over(calc_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  state.options.is_replica = false;
  context.since = owner_since(context);
  state.upstream.clear();
  state.digests->become_owner();
  log_info("{} is taken over with {} signals that execution may lack", format_slot(context.slot),
           state.outbox->size());
}

} // namespace

void greet_upstream(calc_slot_actor* self, const link_peers& peers) {
  auto& state = self->state;
  bool is_first = state.upstream.empty();
  for (auto& [peer, handle] : peers.peers) {
    state.upstream[peer] = handle;
    greet(self, peer);
  }
  if (is_first)
    self->delayed_send(self, state.options.context.host->link_silence, watch_upstream_now{});
}

void watch_upstream(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.options.is_replica) return;
  for (auto& [peer, handle] : state.upstream) {
    // A question may have been too early, or lost; and so may a data slot have lost the way here.
    bool is_silent = peer.of != role::data || !state.inboxes.at(peer).take_heard();
    if (is_silent) greet(self, peer);
  }
  self->delayed_send(self, state.options.context.host->link_silence, watch_upstream_now{});
}

void take_safe(calc_slot_actor* self, const signals_safe& safe) {
  auto& state = self->state;
  auto& context = state.options.context;
  if (!state.options.is_replica || epoch{safe.upto.epoch} != owner_since(context)) return;
  state.outbox->forget(from_message(safe.upto));
  self->send(caf::actor_cast<caf::actor>(self->current_sender()),
             shadow_state{context.host->id, own_replica(context).since.value,
                          to_message(context, owner_since(context), state.outbox->position()),
                          state.digests->take_untold(digests_told_max)});
}

void take_digests(calc_slot_actor* self, std::span<const symbol_digest> own) {
  for (auto& digest : own)
    if (auto difference = self->state.digests->add_own(digest)) find_difference(self, *difference);
}

void take_refusal(calc_slot_actor* self, const shadow_refusal& refusal) {
  auto& context = self->state.options.context;
  bool is_heard = self->state.options.is_replica && refusal.index == context.slot.index &&
                  epoch{refusal.since} == own_replica(context).since;
  if (is_heard) self->send(context.agent, slot_failed{context.slot, refusal.reason, true});
}

void meet_shadow(calc_slot_actor* self, const shadow_hello& hello) {
  auto& state = self->state;
  auto handle = caf::actor_cast<caf::actor>(self->current_sender());
  bool is_wanted = !state.options.is_replica && handle != nullptr &&
                   hello.index == state.options.context.slot.index &&
                   is_listed(state.options.context, hello.host_id, epoch{hello.since});
  if (!is_wanted) return;
  bool is_known = state.shadow && state.shadow->since == epoch{hello.since};
  if (!is_known) {
    state.shadow = known_shadow{handle, hello.host_id, epoch{hello.since}, {}, false, {}, {}};
    state.digests->forget_replica();
  }
  state.shadow->handle = handle;
  auto safe = safe_position(state);
  state.shadow->told = safe.value_or(calc_position{});
  auto& context = state.options.context;
  self->send(handle, signals_safe{to_message(context, context.since, state.shadow->told)});
}

void tell_shadow(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.shadow) return;
  auto safe = safe_position(state);
  if (!safe || *safe == state.shadow->told) return;
  auto& context = state.options.context;
  state.shadow->told = std::move(*safe);
  if (!state.shadow->behind_since) state.shadow->behind_since = steady_now(self);
  self->send(state.shadow->handle,
             signals_safe{to_message(context, context.since, state.shadow->told)});
}

void judge_shadow(calc_slot_actor* self, const shadow_state& said) {
  auto& state = self->state;
  auto& context = state.options.context;
  bool is_heard = state.shadow && epoch{said.since} == state.shadow->since &&
                  said.host_id == state.shadow->host_id && epoch{said.upto.epoch} == context.since;
  if (!is_heard) return;
  auto& shadow = *state.shadow;
  for (auto& digest : said.digests)
    if (auto difference = state.digests->add_replicas(digest)) find_difference(self, *difference);
  if (!shadow.refusal.empty()) return refuse_shadow(self);
  if (!from_message(said.upto).covers(shadow.told)) return;
  shadow.behind_since.reset();
  if (!shadow.is_in_sync) report_shadow(self, true);
}

void watch_shadow(calc_slot_actor* self) {
  auto& state = self->state;
  if (!state.shadow || !state.shadow->is_in_sync || !state.shadow->behind_since) return;
  auto silence = steady_now(self) - *state.shadow->behind_since;
  if (silence <= state.options.context.host->link_silence) return;
  log_warning("{}: the replica on {} has been behind for {} ms",
              format_slot(state.options.context.slot), state.shadow->host_id,
              silence.count() / 1'000'000);
  report_shadow(self, false);
}

void take_view(calc_slot_actor* self, std::shared_ptr<const cluster_view> view) {
  auto& state = self->state;
  auto& context = state.options.context;
  context.view = std::move(view);
  auto& assignment = *context.view->find(context.slot);
  if (state.options.is_replica) {
    if (assignment.host_id == context.host->id) take_over(self);
    return;
  }
  if (!state.shadow) return;
  if (!is_listed(context, state.shadow->host_id, state.shadow->since)) return state.shadow.reset();
  // A word on it may have been overtaken by the view, or lost.
  for (auto& replica : assignment.replicas)
    if (replica.host_id == state.shadow->host_id && replica.in_sync != state.shadow->is_in_sync)
      report_shadow(self, state.shadow->is_in_sync);
}

} // namespace tickmesh
