// Data hosts with tick logs, for the random test of failover.
#pragma once

#include "runtime/cluster/cluster_view.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh::cluster_failover_random_test {

/// A slot, or a replica of one, by the view that gave it to its host.
using seat = std::pair<slot_name, epoch>;

/// A process that runs data slots. What it sends and gets is on the way for a while, in order, and
/// is lost when the connection breaks.
struct data_host {
  bool runs = true; ///< else it has crashed
  bool known_dead = false;
  bool connected = true;
  std::optional<cluster_view> view;          ///< the last that it got
  std::map<slot_name, std::uint64_t> logged; ///< ticks in its log of each slot
  std::map<slot_name, std::map<std::string, epoch>>
      said;                    ///< in sync by its own word, since it owns
  std::set<seat> ready, ended; ///< slots of its own, as it has said
  std::set<seat> failed;       ///< slots that can't go on here
  std::set<seat> replicas_failed;
  int words_behind = 0; ///< on the way to the coordinator: a replica is behind
  std::deque<std::function<void()>> to_host, to_control;

  void break_connection() {
    connected = false;
    words_behind = 0;
    to_host.clear();
    to_control.clear();
  }
};

/// Whether this process is the replica that the owner means. One of an older seat is not, nor one
/// that could not go on.
inline bool is_replica(const data_host& replica, const slot_assignment& owned,
                       const replica_assignment& meant) {
  auto known = replica.runs && replica.view ? replica.view->find(owned.slot) : nullptr;
  if (!known || known->since != owned.since) return false;
  if (replica.replicas_failed.contains({owned.slot, meant.since})) return false;
  return std::ranges::any_of(known->replicas, [&](auto& r) {
    return r.host_id == meant.host_id && r.since == meant.since;
  });
}

/// The hosts of a run, and what they do among themselves: owners log ticks, and have them copied.
class data_hosts {
protected:
  explicit data_hosts(std::uint64_t seed) : random_(seed) {}

  std::size_t pick(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  data_host& any_host() { return *std::next(hosts_.begin(), long(pick(hosts_.size())))->second; }
  std::string id_of(const data_host& host) const {
    for (auto& [id, h] : hosts_)
      if (h.get() == &host) return id;
    return {};
  }

  /// The slots that a running host believes to own.
  std::optional<slot_assignment> owned_by(const data_host& host) {
    if (!host.runs || !host.view) return std::nullopt;
    std::vector<slot_assignment> out;
    for (auto& s : host.view->slots)
      if (s.slot.of == role::data && s.host_id == id_of(host) &&
          !host.failed.contains({s.slot, s.since}))
        out.push_back(s);
    if (out.empty()) return std::nullopt;
    return out[pick(out.size())];
  }

  /// An owner logs ticks. They are accepted when all replicas in sync have them, too, and refuse
  /// them from an owner that they know to be deposed.
  void accept_ticks() {
    auto& host = any_host();
    auto owned = owned_by(host);
    if (!owned) return;
    std::set<std::string> required;
    for (auto& [id, since] : host.said[owned->slot])
      required.insert(id);
    for (auto& r : owned->replicas)
      if (r.in_sync) required.insert(r.host_id);
    auto logged = host.logged[owned->slot] += 1 + pick(3);
    for (auto& id : required) {
      auto& replica = *hosts_.at(id);
      auto known = replica.view ? replica.view->find(owned->slot) : nullptr;
      if (!replica.runs || !known || known->since > owned->since) return;
      if (unfit_.contains({owned->slot, id})) return;
      replica.logged[owned->slot] = logged;
    }
    accepted_[owned->slot] = std::max(accepted_[owned->slot], logged);
  }

  void copy_log() {
    auto& host = any_host();
    auto owned = owned_by(host);
    if (!owned || owned->replicas.empty()) return;
    auto& meant = owned->replicas[pick(owned->replicas.size())];
    auto& replica = *hosts_.at(meant.host_id);
    if (is_replica(replica, *owned, meant)) replica.logged[owned->slot] = host.logged[owned->slot];
  }

  std::map<std::string, std::unique_ptr<data_host>> hosts_;
  std::vector<std::unique_ptr<data_host>> dead_; ///< former processes of hosts that came back
  std::map<slot_name, std::uint64_t> accepted_;
  std::set<std::pair<slot_name, std::string>> unfit_; ///< where a slot, or its replica, failed

private:
  std::mt19937_64 random_;
};

} // namespace tickmesh::cluster_failover_random_test
