// What a host's slots have counted, for the control host: with every heartbeat, when it is asked
// for, and when a slot is done.
#include "actors/control/host/host_agent_actor_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

namespace tickmesh {

namespace {

/// Finds the slot that was asked, unless it has been taken away meanwhile.
host_agent_state::running_slot* find_asked(agent_actor* self, slot_name slot,
                                           const caf::actor& asked) {
  auto i = self->state.slots.find(slot);
  return i != self->state.slots.end() && i->second.handle == asked ? &i->second : nullptr;
}

/// Asks every slot for its counters; a slot that hangs is told apart by the request's time-out.
void ask_counters(agent_actor* self) {
  for (auto& [slot, running] : self->state.slots) {
    if (running.counters_asked) continue;
    running.counters_asked = true;
    self->request(running.handle, self->state.failover_timeout, counters_query{})
        .then(
            [self, name = slot, asked = running.handle](const slot_counters& counters) {
              auto found = find_asked(self, name, asked);
              if (!found) return;
              found->counters_asked = false;
              found->counters = counters;
            },
            [self, name = slot, asked = running.handle](const caf::error&) {
              if (!find_asked(self, name, asked)) return;
              fail_host(self, fmt::format("{} has not answered for {} ms", format_slot(name),
                                          self->state.failover_timeout.count()));
            });
  }
}

/// Asks every slot anew, and calls `then` when each has answered, or can't.
void refresh_counters(agent_actor* self, std::function<void()> then) {
  auto waiting = std::make_shared<std::size_t>(self->state.slots.size());
  if (*waiting == 0) return then();
  auto answered = [waiting, then = std::move(then)] {
    if (--*waiting == 0) then();
  };
  for (auto& [slot, running] : self->state.slots)
    self->request(running.handle, self->state.failover_timeout, counters_query{})
        .then(
            [self, answered, name = slot, asked = running.handle](const slot_counters& counters) {
              if (auto found = find_asked(self, name, asked)) found->counters = counters;
              answered();
            },
            [answered](const caf::error&) { answered(); });
}

/// Of all slots, as they last answered, into a Pong or Counts.
template <class Message>
void write_counts(const host_agent_state& state, Message& out) {
  std::map<std::string, std::uint64_t> totals;
  for (auto& [slot, running] : state.slots) {
    if (!running.counters) continue;
    for (auto& [name, count] : running.counters->counts)
      totals[name] += count;
    if (!running.counters->execution_totals.empty())
      out.mutable_execution()->ParseFromString(running.counters->execution_totals);
  }
  for (auto& [name, count] : totals) {
    auto* entry = out.add_counts();
    entry->set_name(name);
    entry->set_count(count);
  }
}

void send_counts(agent_actor* self, std::uint64_t query) {
  auto& state = self->state;
  wire::ControlMessage message;
  auto& out = *message.mutable_counts();
  out.set_number(query);
  write_counts(state, out);
  for (auto& [slot, report] : state.reports) {
    auto began = report.moments.find(started_moment), done = report.moments.find(finished_moment);
    if (began != report.moments.end())
      out.set_started_ns(earlier_moment(out.started_ns(), began->second));
    if (done != report.moments.end())
      out.set_finished_ns(std::max(out.finished_ns(), done->second));
  }
  send_to_control(self, message);
}

} // namespace

void answer_ping(agent_actor* self, const wire::Ping& ping) {
  auto& state = self->state;
  if (state.pauses) state.pauses->advance(nanoseconds{steady_ns(self)});
  state.silence = {};
  if (!state.shared_clock) state.options.clock->set_offset_ns(ping.clock_offset_ns());
  wire::ControlMessage message;
  auto& pong = *message.mutable_pong();
  pong.set_number(ping.number());
  pong.set_control_time_ns(ping.control_time_ns());
  pong.set_host_time_ns(state.options.clock->local_ns());
  pong.set_memory_share(state.options.memory_share());
  std::uint64_t queued = 0;
  for (auto& [slot, running] : state.slots)
    if (running.counters) queued += running.counters->queued_ticks;
  pong.set_queued_ticks(queued);
  write_counts(state, pong);
  send_to_control(self, message);
  if (!state.stopping) ask_counters(self);
}

void answer_counts(agent_actor* self, const wire::CountsQuery& query) {
  refresh_counters(self, [self, number = query.number()] { send_counts(self, number); });
}

void report_finished(agent_actor* self, const slot_finished& finished) {
  if (!event_of(self, finished.slot)) return;
  self->state.reports[finished.slot] = finished.report;
  refresh_counters(self, [self, slot = finished.slot] {
    auto event = event_of(self, slot);
    if (!event || self->state.stopping) return;
    send_counts(self, 0);
    wire::ControlMessage message;
    *message.mutable_slot_finished() = *event;
    send_to_control(self, message);
  });
}

} // namespace tickmesh
