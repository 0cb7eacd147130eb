// The part of cluster_state that asks hosts often whether they are there, and moves calculation
// slots away from one that is silent for a short time, where a replica can take over at once.
#include "actors/control/cluster/cluster_state.hpp"

#include <fmt/format.h>

#include <set>

namespace tickmesh {

/// Whether a short silence of its host is enough: a wrong verdict costs one view, and no result.
bool cluster_state::may_move_quickly(slot_name slot, const slot_entry& entry) const {
  bool is_settled = phase_ == cluster_phase::running && !pending_ && entry.since.value != 0;
  return slot.of == role::calc && is_settled && entry.waits.empty() &&
         reason_to_wait(entry).empty() && replica_host_of(entry).has_value();
}

std::vector<std::string> cluster_state::probed_hosts() const {
  std::set<std::string> out;
  for (auto& [slot, entry] : slots_) {
    if (!may_move_quickly(slot, entry) || !find_alive(entry.host_id)) continue;
    out.insert(entry.host_id);
    out.insert(*replica_host_of(entry)); // which is to be well, too
  }
  return {out.begin(), out.end()};
}

void cluster_state::probed(const std::string& host_id) {
  auto* host = find_alive(host_id);
  if (host != nullptr && !host->probe_silence) host->probe_silence = nanoseconds{0};
}

void cluster_state::answered(const std::string& host_id) {
  if (auto* host = find_alive(host_id)) host->probe_silence.reset();
}

/// The host may be well: it keeps what else it has, and counts as lost after failover_timeout.
void cluster_state::move_from_silent_hosts(cluster_effects& out) {
  auto limit = options_.settings.calc_failover_timeout;
  auto silence_of = [this](const std::string& id) {
    return hosts_.at(id).probe_silence.value_or(nanoseconds{});
  };
  bool changed = false;
  for (auto& [slot, entry] : slots_) {
    if (!may_move_quickly(slot, entry) || !find_alive(entry.host_id)) continue;
    auto from = entry.host_id, to = *replica_host_of(entry);
    if (silence_of(from) <= limit || silence_of(to) > limit / 2) continue;
    give_to_successor(slot, entry);
    changed = true;
    out.push_back(effect::slot_moved{fmt::format(
        "{} goes from host {} to host {}: it was silent for {} (cluster.calc_failover_timeout_ms)",
        format_slot(slot), from, to, format_seconds(silence_of(from)))});
  }
  if (!changed) return;
  fill_replicas();
  change_view(out);
}

} // namespace tickmesh
