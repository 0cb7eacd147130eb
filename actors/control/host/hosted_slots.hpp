// The slots and replicas of one host as views come: which are to be ended, told and started, and
// which peers each still lacks. Plain class behind host_agent.
#pragma once

#include "runtime/cluster/cluster_view.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Roles that a slot of `r` sends to.
std::vector<role> downstream_of(role r);

bool has_replica_on(const slot_assignment& assignment, const std::string& host_id);

/// What a slot, or the replica of one, of this host needs: the actor of `peer`. It is void when the
/// slot has got another owner meanwhile.
struct peer_search {
  slot_name slot;
  bool for_replica = false;
  epoch since{};
  slot_name peer;
};

/// `Handle` is the actor of a slot or replica.
template <class Handle>
class hosted_slots {
public:
  /// A slot, or a replica of one.
  struct hosted {
    Handle handle;
    epoch since{}; ///< number of the view that gave the slot to its owner
    std::map<slot_name, Handle> peers;
    std::size_t peers_missing = 0;
  };
  using hosted_map = std::map<slot_name, hosted>;

  /// A host that keeps no replicas runs slots alone.
  void begin(std::string host_id, bool keeps_replicas) {
    host_id_ = std::move(host_id);
    keeps_replicas_ = keeps_replicas;
  }

  bool is_newer(const cluster_view& view) const {
    return view_ == nullptr || view.number > view_->number;
  }

  struct lost_slot {
    slot_name slot;
    Handle handle;
  };

  /// A newer view: what it takes away from this host, to be ended. Each still holds its files.
  std::vector<lost_slot> take_view(std::shared_ptr<const cluster_view> view) {
    view_ = std::move(view);
    std::vector<lost_slot> out;
    auto take_lost = [&](hosted_map& group, auto keeps) {
      std::erase_if(group, [&](auto& entry) {
        auto& [slot, running] = entry;
        auto* assignment = view_->find(slot);
        if (assignment != nullptr && keeps(*assignment, running)) return false;
        ending_[slot] = running.handle;
        out.push_back({slot, running.handle});
        return true;
      });
    };
    take_lost(slots_, [this](auto& assignment, auto& running) {
      return assignment.host_id == host_id_ && assignment.since == running.since;
    });
    take_lost(replicas_,
              [this](auto& assignment, auto&) { return has_replica_on(assignment, host_id_); });
    return out;
  }

  /// Replicas whose slot has got another owner by the view: they need its actor.
  std::vector<slot_name> take_new_owners() {
    std::vector<slot_name> out;
    for (auto& [slot, running] : replicas_) {
      auto since = view_->find(slot)->since;
      if (std::exchange(running.since, since) != since) out.push_back(slot);
    }
    return out;
  }

  struct start_order {
    slot_assignment assignment;
    bool as_replica = false;
  };

  /// What the view gives this host and does not run, those downstream first. One whose predecessor
  /// here has not ended yet waits.
  std::vector<start_order> missing() const {
    std::vector<start_order> out;
    for (role r : {role::exec, role::calc, role::data})
      for (auto slot : view_->slots_of(r)) {
        auto& assignment = *view_->find(slot);
        if (ending_.contains(slot)) continue;
        if (assignment.host_id == host_id_ && !slots_.contains(slot))
          out.push_back({assignment, false});
        else if (has_replica_on(assignment, host_id_) && !replicas_.contains(slot) &&
                 keeps_replicas_)
          out.push_back({assignment, true});
      }
    return out;
  }

  void started(const start_order& order, Handle handle) {
    auto& group = order.as_replica ? replicas_ : slots_;
    group[order.assignment.slot] = {std::move(handle), order.assignment.since, {}, 0};
  }

  /// One that was to be ended has ended; false where `is_it` holds for none of them.
  template <class IsIt>
  bool remove_ending(IsIt is_it) {
    return std::erase_if(ending_, [&](auto& entry) { return is_it(entry.second); }) > 0;
  }

  /// Searches for all peers of a slot that has just started, or of a replica whose slot has a new
  /// owner. Those before it are void.
  std::vector<peer_search> search_peers(slot_name slot, bool for_replica) {
    auto& running = (for_replica ? replicas_ : slots_).at(slot);
    std::vector<peer_search> out;
    auto add = [&](slot_name peer) { out.push_back({slot, for_replica, running.since, peer}); };
    if (for_replica)
      add(slot);
    else
      for (role r : downstream_of(slot.of))
        for (auto peer : view_->slots_of(r))
          add(peer);
    running.peers.clear();
    running.peers_missing = out.size();
    return out;
  }

  /// Of two hosts that keep each other's replicas, one connects first: where both do so at one
  /// moment, CAF may drop both connections. This host is the other one.
  bool connects_later(const peer_search& search) const {
    return search.for_replica && view_->host_of(search.slot) < host_id_;
  }

  bool is_wanted(const peer_search& search) const {
    auto& group = search.for_replica ? replicas_ : slots_;
    auto found = group.find(search.slot);
    return found != group.end() && found->second.since == search.since;
  }

  /// The peer is found: whoever has all that it needs then, else null.
  const hosted* add_peer(const peer_search& search, Handle peer) {
    if (!is_wanted(search)) return nullptr;
    auto& running = (search.for_replica ? replicas_ : slots_).at(search.slot);
    running.peers[search.peer] = std::move(peer);
    return --running.peers_missing == 0 ? &running : nullptr;
  }

  /// The actor of a slot that runs here, else null.
  const hosted* find(slot_name slot) const { return find_in(slots_, slot); }
  const hosted* find_replica(slot_name slot) const { return find_in(replicas_, slot); }

  const hosted_map& slots() const { return slots_; }
  const hosted_map& replicas() const { return replicas_; }
  const std::shared_ptr<const cluster_view>& view() const { return view_; }

  /// `data/0`, or `the replica of data/0`.
  template <class IsIt>
  std::string name_of(IsIt is_it) const {
    for (auto& [slot, running] : slots_)
      if (is_it(running.handle)) return format_slot(slot);
    for (auto& [slot, running] : replicas_)
      if (is_it(running.handle)) return "the replica of " + format_slot(slot);
    return "an actor";
  }

private:
  static const hosted* find_in(const hosted_map& group, slot_name slot) {
    auto found = group.find(slot);
    return found == group.end() ? nullptr : &found->second;
  }

  std::string host_id_;
  bool keeps_replicas_ = false;
  std::shared_ptr<const cluster_view> view_; ///< null before the first one
  hosted_map slots_;
  hosted_map replicas_;                ///< of other hosts' slots
  std::map<slot_name, Handle> ending_; ///< taken away by a view; hold their files still
};

} // namespace tickmesh
