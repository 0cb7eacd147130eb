#include "tests/simulation/cluster/queue_checks.hpp"

#include "actors/calc/slot/calc_slot_actor.hpp"
#include "actors/control/host/host_agent_actor.hpp"
#include "actors/market/slot/data_slot_actor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace tickmesh {

namespace {

/// A message to a replica is sent when it has so much; see replica_records.
constexpr std::uint64_t replica_message_bytes = 1 << 20;

/// Keeps the first queue that is too long.
class queue_judge {
public:
  explicit queue_judge(std::string place) : place_(std::move(place)) {}

  void expect(std::string_view queue, std::uint64_t length, std::string_view limit_name,
              std::uint64_t limit) {
    if (length <= limit || found_) return;
    found_ = fmt::format("{}: {}: {}, and {} allows {}", place_, queue, length, limit_name, limit);
  }
  std::optional<std::string> take() { return std::move(found_); }

private:
  std::string place_;
  std::optional<std::string> found_;
};

/// Of what a sender may have on one link: a frame is sent while there is credit, and holds a part
/// of at most one round more than it needs.
std::uint64_t link_items_max(const host_settings& host) {
  return host.link_window_items + 2ULL * host.round_ticks_max;
}

/// The state of an actor, which must not have ended.
template <class Actor>
auto* state_of(const caf::actor& handle) {
  auto* actor = caf::actor_cast<caf::abstract_actor*>(handle);
  bool has_ended = actor == nullptr || actor->getf(caf::abstract_actor::is_terminated_flag);
  return has_ended ? nullptr : &static_cast<Actor*>(actor)->state;
}

void judge_data_slot(data_slot_state& state, const settings& config, queue_judge& out) {
  auto& host = config.host;
  if (!state.replicas || !state.rounds || !state.links) return;
  state.links->visit([&](const link_end& to, const link_sender& link) {
    out.expect("ticks on the link to " + format_slot(to.slot), link.in_flight_items(),
               "host.link_window_items and a frame", link_items_max(host));
  });
  out.expect("rounds between feed and log", state.rounds->in_flight(), "host.rounds_in_flight_max",
             host.rounds_in_flight_max);
  // What an owner before this one has left may be more, and was within its own limit.
  auto found = state.log->last_record_of(epoch{state.options.context.since.value - 1});
  auto begun = std::max(state.replicas->accepted(), found.value_or(record_number{}));
  auto waiting = state.log->last_record() - begun;
  out.expect("records that are not accepted", waiting.value,
             "tick_log.unaccepted_records_max and host.rounds_in_flight_max",
             config.tick_log.unaccepted_records_max + host.rounds_in_flight_max);
  state.replicas->visit([&](const std::string& replica, std::size_t bytes) {
    out.expect("bytes on their way to the replica on " + replica, bytes,
               "tick_log.replica_window_mib and a message",
               (config.tick_log.replica_window_mib << 20) + 2 * replica_message_bytes);
  });
}

void judge_calc_slot(calc_slot_state& state, const settings& config, queue_judge& out) {
  if (state.outbox == nullptr) return;
  auto held = config.calc.signals_held_max;
  out.expect("signals that wait", state.outbox->size(), "calc.signals_held_max", held);
  for (auto& [to, link] : state.links)
    out.expect("signals on the link to " + format_slot(to), link.link().in_flight_items(),
               "calc.signals_held_max", held);
  out.expect("ticks that are not calculated", state.queued_ticks,
             "host.link_window_items and a frame, of each data slot",
             config.cluster.data_slots * link_items_max(config.host));
  // No plan has a fault that changes what is calculated, or crashes a calculator.
  out.expect("symbols in quarantine", state.crashes.quarantined(), "that no tick is poison", 0);
  auto diverged = state.report.counts.find(divergences_count);
  out.expect("replicas whose state differs",
             diverged == state.report.counts.end() ? 0 : diverged->second,
             "that no state is changed", 0);
}

} // namespace

std::optional<std::string> find_long_queue(const host_agent_state& agent, const settings& config) {
  queue_judge host{config.host.id};
  host.expect("questions of other hosts", agent.queries.size(), "cluster.waiting_queries_max",
              config.cluster.waiting_queries_max);
  if (auto found = host.take()) return found;
  auto judge = [&](slot_name slot, const caf::actor& handle, const char* what) {
    queue_judge out{what + format_slot(slot) + " at " + config.host.id};
    if (slot.of == role::data && *what == 0)
      if (auto* state = state_of<data_slot_actor>(handle)) judge_data_slot(*state, config, out);
    if (slot.of == role::calc)
      if (auto* state = state_of<calc_slot_actor>(handle)) judge_calc_slot(*state, config, out);
    return out.take();
  };
  for (auto& [slot, running] : agent.slots.slots())
    if (auto found = judge(slot, running.handle, "")) return found;
  for (auto& [slot, running] : agent.slots.replicas())
    if (auto found = judge(slot, running.handle, "the replica of ")) return found;
  return std::nullopt;
}

} // namespace tickmesh
