// The copies of a data slot's tick log on other hosts.
#include "actors/market/slot/data_slot_actor_steps.hpp"
#include "actors/market/tick_log/record_codec.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace tickmesh {

namespace {

/// Bytes that may be on their way to one replica, and in one message.
constexpr std::size_t replica_window_bytes = 8 << 20;
constexpr std::size_t replica_message_bytes = 1 << 20;

/// How the present view lists the replica.
const replica_assignment* find_assignment(const cluster_view& view, slot_name slot,
                                          const std::string& host) {
  auto* assignment = view.find(slot);
  if (assignment == nullptr) return nullptr;
  auto found = std::find_if(assignment->replicas.begin(), assignment->replicas.end(),
                            [&](auto& replica) { return replica.host_id == host; });
  return found == assignment->replicas.end() ? nullptr : &*found;
}

void report_replica(data_slot_actor* self, const std::string& host,
                    const data_slot_state::replica& replica) {
  auto& context = self->state.options.context;
  self->send(context.agent,
             replica_state_changed{context.slot, host, replica.in_sync, replica.since});
}

/// The message with the next records for a replica, as many as fit; false when there is nothing to
/// send or no room in its window.
bool send_records(data_slot_actor* self, data_slot_state::replica& to) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto last = state.log->last_record();
  if (!to.agreed || to.sent >= last || to.in_flight_bytes >= replica_window_bytes) return false;
  replica_append message;
  message.slot_index = context.slot.index;
  message.epoch = context.since.value;
  message.first_record = to.sent.value + 1;
  while (to.sent < last && message.records.size() < replica_message_bytes) {
    auto record = to.cursor.next(to.sent, *state.recent, *state.log);
    if (!record || *record == nullptr) {
      spdlog::error("{} can't go on with a replica: {}", format_slot(context.slot),
                    record ? "the tick log ends too early" : record.error().message);
      return false;
    }
    append_log_record(message.records, **record);
    to.sent = (*record)->number;
    ++message.count;
  }
  to.in_flight.emplace_back(to.sent, message.records.size());
  to.in_flight_bytes += message.records.size();
  self->send(to.handle, std::move(message));
  return true;
}

} // namespace

void greet_replica(data_slot_actor* self, const caf::actor& from, const replica_hello& hello) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto* assignment = find_assignment(*context.view, context.slot, hello.host_id);
  auto known = assignment != nullptr ? assignment->since : epoch{};
  if (epoch{hello.since} > known) {
    state.early_hellos[hello.host_id] = {from, hello}; // until the view comes that it knows
    return;
  }
  if (assignment == nullptr || epoch{hello.since} < known) return;
  // What the replica has of an owner before this one counts as far as this log has it, too.
  auto keep =
      std::min(record_number{hello.last_record},
               state.log->last_record_of(epoch{hello.record_epoch}).value_or(record_number{}));
  auto oldest = record_number{state.log->first_record().value - 1};
  keep = std::max(keep, oldest);
  auto& replica = state.replicas[hello.host_id];
  replica = {};
  replica.handle = from;
  replica.since = known;
  replica.sent = keep;
  replica.progress_ns = context.clock->local_ns();
  self->send(replica.handle, replica_welcome{context.slot.index, context.since.value, keep.value,
                                             state.data_epoch.value});
}

void take_replica_ack(data_slot_actor* self, const replica_ack& ack) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto found = state.replicas.find(ack.host_id);
  if (found == state.replicas.end() || ack.epoch != context.since.value) return;
  auto& replica = found->second;
  replica.agreed = true;
  replica.acknowledged = std::max(replica.acknowledged, record_number{ack.number});
  replica.progress_ns = context.clock->local_ns();
  while (!replica.in_flight.empty() && replica.in_flight.front().first <= replica.acknowledged) {
    replica.in_flight_bytes -= replica.in_flight.front().second;
    replica.in_flight.pop_front();
  }
  state.accepted->acknowledged(ack.host_id, replica.acknowledged);
  // It has caught up. From now on its acknowledgement is waited for, so that when the view says
  // that it is in sync, it holds whatever has been accepted.
  if (!replica.in_sync && replica.acknowledged >= state.accepted->accepted()) {
    replica.in_sync = true;
    state.accepted->require(ack.host_id);
    state.accepted->acknowledged(ack.host_id, replica.acknowledged);
    auto* assignment = find_assignment(*context.view, context.slot, ack.host_id);
    if (assignment != nullptr && !assignment->in_sync) report_replica(self, ack.host_id, replica);
  }
  replicate(self);
  report_ready_when_set_up(self);
  send_accepted(self);
}

void replicate(data_slot_actor* self) {
  auto& state = self->state;
  for (auto& [host, replica] : state.replicas)
    while (send_records(self, replica)) {
    }
  if (state.replicas.empty() || state.replica_timer_set) return;
  state.replica_timer_set = true;
  self->delayed_send(self, state.options.cluster.replica_ack_timeout / 4, check_replicas_now{});
}

void check_replicas(data_slot_actor* self) {
  auto& state = self->state;
  auto& context = state.options.context;
  auto now = context.clock->local_ns();
  auto limit = std::chrono::nanoseconds{state.options.cluster.replica_ack_timeout}.count();
  bool waiting = false;
  for (auto& [host, replica] : state.replicas) {
    if (replica.acknowledged >= state.log->last_record()) {
      replica.progress_ns = now;
      continue;
    }
    waiting = true;
    auto silence = now - replica.progress_ns;
    if (!replica.in_sync && silence > 2 * limit && state.accepted->is_required(host) &&
        state.options.cluster.on_two_faults == two_fault_rule::local) {
      spdlog::error("{}: neither the replica on {} nor the control host answers: SINGLE COPY, as "
                    "cluster.on_two_faults allows",
                    format_slot(context.slot), host);
      state.accepted->release(host);
      continue;
    }
    if (!replica.in_sync || silence <= limit) continue;
    // Still waited for, until a view without it says that it can't become the owner.
    spdlog::warn("{}: the replica on {} has not acknowledged anything for {} ms",
                 format_slot(context.slot), host, silence / 1'000'000);
    replica.in_sync = false;
    report_replica(self, host, replica);
  }
  state.replica_timer_set = waiting;
  if (waiting)
    self->delayed_send(self, state.options.cluster.replica_ack_timeout / 4, check_replicas_now{});
  send_accepted(self);
}

void apply_view(data_slot_actor* self, std::shared_ptr<const cluster_view> next) {
  auto& state = self->state;
  auto& slot = state.options.context.slot;
  auto& view = *(state.options.context.view = std::move(next));
  std::erase_if(state.replicas, [&](auto& entry) {
    auto& [host, replica] = entry;
    auto* assignment = find_assignment(view, slot, host);
    bool gone = assignment == nullptr || assignment->since != replica.since;
    if (gone || (!assignment->in_sync && !replica.in_sync)) state.accepted->release(host);
    return gone;
  });
  auto early = std::exchange(state.early_hellos, {});
  for (auto& [host, hello] : early)
    greet_replica(self, hello.first, hello.second);
  // A replica that the view trusts, but that has not said hello yet, is waited for.
  for (auto& assignment : view.find(slot)->replicas)
    if (assignment.in_sync) state.accepted->require(assignment.host_id);
  report_ready_when_set_up(self);
  send_accepted(self);
}

bool replicas_are_in_sync(const data_slot_state& state) {
  auto& context = state.options.context;
  auto& replicas = context.view->find(context.slot)->replicas;
  return std::all_of(replicas.begin(), replicas.end(), [&](auto& assignment) {
    auto found = state.replicas.find(assignment.host_id);
    return found != state.replicas.end() && found->second.in_sync;
  });
}

} // namespace tickmesh
