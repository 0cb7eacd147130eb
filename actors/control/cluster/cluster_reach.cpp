// The part of cluster_state that knows which hosts can be reached: a connection that breaks is no
// death. Whoever looks for the host tells what has come of that.
#include "actors/control/cluster/cluster_state.hpp"

namespace tickmesh {

cluster_effects cluster_state::connection_broken(const std::string& host_id) {
  if (auto i = hosts_.find(host_id); i != hosts_.end()) i->second.disconnected = true;
  return {};
}

cluster_effects cluster_state::connection_restored(const std::string& host_id) {
  cluster_effects out;
  auto i = hosts_.find(host_id);
  if (i == hosts_.end() || phase_ == cluster_phase::stopped) return out;
  // Before the cluster is formed, one that was given up joins again by itself.
  if (phase_ == cluster_phase::forming && !i->second.is_alive()) return out;
  i->second.disconnected = false;
  if (i->second.is_alive())
    tell_again(host_id, out);
  else if (i->second.failed)
    out.push_back(
        effect::stop_host{host_id, "host " + host_id + " failed: " + i->second.failure, true});
  form_when_complete(out);
  return out;
}

/// What a host may have missed while it was out of reach.
void cluster_state::tell_again(const std::string& host_id, cluster_effects& out) const {
  out.push_back(effect::reattach_host{host_id});
  // A view of before it joined may show what its predecessor had.
  if (view_ && view_->number > hosts_.at(host_id).joined_after) tell_view_again(host_id, out);
  if (phase_ == cluster_phase::stopping)
    out.push_back(effect::stop_host{host_id, reason_, failed_});
}

void cluster_state::tell_view_again(const std::string& host_id, cluster_effects& out) const {
  out.push_back(effect::send_view{host_id});
  if (phase_ != cluster_phase::running && phase_ != cluster_phase::draining) return;
  for (auto& [slot, entry] : slots_) {
    bool is_fed = slot.of == role::data && entry.host_id == host_id && entry.since.value != 0;
    if (!is_fed || !entry.ready) continue;
    out.push_back(effect::start_feeds{slot});
    if (phase_ == cluster_phase::draining) out.push_back(effect::stop_feeds{reason_, slot});
  }
}

cluster_effects cluster_state::connection_lost(const std::string& host_id) {
  cluster_effects out;
  if (find_alive(host_id))
    give_up(host_id, "its connection broke", true, out);
  else if (auto i = hosts_.find(host_id); i != hosts_.end())
    i->second.disconnected = true;
  return out;
}

} // namespace tickmesh
