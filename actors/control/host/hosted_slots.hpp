// The slots and replicas of one host as views come: which are to be ended, told and started, and
// which peers each still lacks. Plain class behind host_agent.
#pragma once

#include "runtime/cluster/cluster_view.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// Roles that a slot of `r` sends to.
std::vector<role> downstream_of(role r);

/// Roles whose slots send to the replica of a slot of `r`, too.
std::vector<role> upstream_of_replica(role r);

/// The other hosts with which `host_id` has something to talk about: slots that send to each other,
/// and owners with the hosts that keep their copies.
std::set<std::string> partners_of(const cluster_view& view, const std::string& host_id);

bool has_replica_on(const slot_assignment& assignment, const std::string& host_id);

/// What a slot, or the replica of one, of this host needs: the actor of `peer`. It is void when
/// either has got another owner meanwhile.
struct peer_search {
  slot_name slot;
  bool for_replica = false;
  epoch since{};
  slot_name peer;
  epoch peer_since{};
  friend bool operator==(const peer_search&, const peer_search&) = default;
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
    std::map<slot_name, epoch> peers_since; ///< since when their owners are, found or searched for
    std::set<slot_name> peers_missing;
    bool is_wired = false; ///< it has been told of all its peers
    bool is_ready = false; ///< as it says
  };
  using hosted_map = std::map<slot_name, hosted>;
  using found_peers = std::map<slot_name, Handle>;

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
    promote_replicas();
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

  /// Replicas that have become the slots' owners by the view: they need the peers of one.
  std::vector<slot_name> take_promoted() { return std::exchange(promoted_, {}); }

  /// Replicas whose slot has got another owner by the view: they need its actor.
  std::vector<slot_name> take_new_owners() {
    std::vector<slot_name> out;
    for (auto& [slot, running] : replicas_) {
      auto since = view_->find(slot)->since;
      if (std::exchange(running.since, since) != since) out.push_back(slot);
    }
    return out;
  }

  /// Searches for peers of running slots that have got another owner by the view.
  std::vector<peer_search> take_new_peers() {
    std::vector<peer_search> out;
    for (bool for_replica : {false, true})
      for (auto& [slot, running] : for_replica ? replicas_ : slots_)
        for (auto& [peer, since] : running.peers_since) {
          auto now = view_->find(peer)->since;
          if (std::exchange(since, now) == now) continue;
          running.peers.erase(peer);
          running.peers_missing.insert(peer);
          out.push_back({slot, for_replica, running.since, peer, now});
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
        bool as_replica = assignment.host_id != host_id_;
        if (as_replica && (!keeps_replicas_ || !has_replica_on(assignment, host_id_))) continue;
        if ((as_replica ? replicas_ : slots_).contains(slot)) continue;
        auto given_up = given_up_.find({slot, as_replica});
        if (given_up != given_up_.end() && given_up->second == given_since(assignment, as_replica))
          continue;
        out.push_back({assignment, as_replica});
      }
    return out;
  }

  void started(const start_order& order, Handle handle) {
    auto& group = order.as_replica ? replicas_ : slots_;
    group[order.assignment.slot] = {std::move(handle), order.assignment.since, {}, {}, {}};
  }

  /// Number of the view that gave this host the slot, or the replica. Precondition: there is a view
  /// that has the slot.
  epoch given_since(slot_name slot, bool as_replica) const {
    return given_since(*view_->find(slot), as_replica);
  }

  void is_ready(slot_name slot) {
    if (auto found = slots_.find(slot); found != slots_.end()) found->second.is_ready = true;
  }

  /// The slot, or the replica, can't go on: it is to be ended, as one that a view takes away.
  /// Nothing where there is none.
  std::optional<Handle> give_up(slot_name slot, bool is_replica) {
    auto& group = is_replica ? replicas_ : slots_;
    auto found = group.extract(slot);
    if (found.empty()) return std::nullopt;
    given_up_[{slot, is_replica}] = given_since(*view_->find(slot), is_replica);
    return ending_[slot] = std::move(found.mapped().handle);
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
    auto add = [&](slot_name peer) { out.push_back(make_search(slot, for_replica, peer)); };
    if (for_replica) {
      add(slot);
      for (role r : upstream_of_replica(slot.of))
        for (auto peer : view_->slots_of(r))
          add(peer);
    } else
      for (role r : downstream_of(slot.of))
        for (auto peer : view_->slots_of(r))
          add(peer);
    running.peers.clear();
    running.peers_since.clear();
    running.peers_missing.clear();
    for (auto& search : out) {
      running.peers_since[search.peer] = search.peer_since;
      running.peers_missing.insert(search.peer);
    }
    running.is_wired = out.empty();
    return out;
  }

  /// A peer's actor is gone, or out of reach: searches for it, of everyone who had it.
  template <class IsIt>
  std::vector<peer_search> lose_peer(IsIt is_it) {
    std::vector<peer_search> out;
    for (bool for_replica : {false, true})
      for (auto& [slot, running] : for_replica ? replicas_ : slots_)
        for (auto& [peer, handle] : running.peers) {
          if (!is_it(handle)) continue;
          running.peers_missing.insert(peer);
          out.push_back(make_search(slot, for_replica, peer));
        }
    for (auto* group : {&slots_, &replicas_})
      for (auto& [slot, running] : *group)
        std::erase_if(running.peers, [&](auto& entry) { return is_it(entry.second); });
    return out;
  }

  /// What is searched for.
  std::vector<peer_search> missing_peers() const {
    std::vector<peer_search> out;
    for (bool for_replica : {false, true})
      for (auto& [slot, running] : for_replica ? replicas_ : slots_)
        for (auto peer : running.peers_missing)
          out.push_back(make_search(slot, for_replica, peer));
    return out;
  }

  /// A search for a peer that is silent; nothing where it is none of this host's.
  std::optional<peer_search> search_again(slot_name slot, slot_name peer) const {
    bool for_replica = !slots_.contains(slot);
    auto& group = for_replica ? replicas_ : slots_;
    auto found = group.find(slot);
    if (found == group.end() || !found->second.peers_since.contains(peer)) return std::nullopt;
    return make_search(slot, for_replica, peer);
  }

  bool is_wanted(const peer_search& search) const {
    auto& group = search.for_replica ? replicas_ : slots_;
    auto found = group.find(search.slot);
    return found != group.end() && found->second.since == search.since &&
           view_->find(search.peer)->since == search.peer_since;
  }

  /// The peer is found: what is to be told to who wants it. All at first, when there is nobody
  /// missing, and from then on each as it is found.
  found_peers add_peer(const peer_search& search, Handle peer) {
    if (!is_wanted(search)) return {};
    auto& running = (search.for_replica ? replicas_ : slots_).at(search.slot);
    running.peers_missing.erase(search.peer);
    running.peers[search.peer] = peer;
    if (running.is_wired) return {{search.peer, std::move(peer)}};
    running.is_wired = running.peers_missing.empty();
    return running.is_wired ? running.peers : found_peers{};
  }

  /// Whether this is the peer already.
  bool has_peer(const peer_search& search, const Handle& peer) const {
    auto& peers = (search.for_replica ? replicas_ : slots_).at(search.slot).peers;
    auto found = peers.find(search.peer);
    return found != peers.end() && found->second == peer;
  }

  /// The actor of whoever searches. Precondition: is_wanted().
  const Handle& seeker(const peer_search& search) const {
    return (search.for_replica ? replicas_ : slots_).at(search.slot).handle;
  }

  /// The actor of a slot that runs here, else null.
  const hosted* find(slot_name slot) const { return find_in(slots_, slot); }
  const hosted* find_replica(slot_name slot) const { return find_in(replicas_, slot); }

  const hosted_map& slots() const { return slots_; }
  const hosted_map& replicas() const { return replicas_; }
  const std::shared_ptr<const cluster_view>& view() const { return view_; }

private:
  /// The replica of a calculation slot goes on as its owner; that of a data slot ends, and the slot
  /// is started on its log.
  void promote_replicas() {
    for (auto slot : view_->slots_of(role::calc)) {
      auto& assignment = *view_->find(slot);
      if (assignment.host_id != host_id_ || slots_.contains(slot)) continue;
      auto replica = replicas_.extract(slot);
      if (replica.empty()) continue;
      replica.mapped().since = assignment.since;
      slots_.insert(std::move(replica));
      promoted_.push_back(slot);
    }
  }

  /// Precondition: it runs here.
  peer_search make_search(slot_name slot, bool for_replica, slot_name peer) const {
    auto& running = (for_replica ? replicas_ : slots_).at(slot);
    return {slot, for_replica, running.since, peer, view_->find(peer)->since};
  }

  /// Number of the view that gave this host the slot, or the replica.
  epoch given_since(const slot_assignment& assignment, bool as_replica) const {
    if (!as_replica) return assignment.since;
    for (auto& replica : assignment.replicas)
      if (replica.host_id == host_id_) return replica.since;
    return {};
  }

  static const hosted* find_in(const hosted_map& group, slot_name slot) {
    auto found = group.find(slot);
    return found == group.end() ? nullptr : &found->second;
  }

  std::string host_id_;
  bool keeps_replicas_ = false;
  std::shared_ptr<const cluster_view> view_; ///< null before the first one
  hosted_map slots_;
  hosted_map replicas_;                ///< of other hosts' slots
  std::vector<slot_name> promoted_;    ///< replicas that are owners now
  std::map<slot_name, Handle> ending_; ///< taken away by a view; hold their files still
  /// Could not go on here, and since when they were this host's: not to be started again.
  std::map<std::pair<slot_name, bool>, epoch> given_up_;
};

} // namespace tickmesh
