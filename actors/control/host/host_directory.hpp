// Where other hosts listen, their agents as far as they have been reached, and who of two hosts
// connects to the other. Plain class behind host_agent.
//
// Of two hosts only one connects, for where both do so at one moment CAF may drop both connections:
// the control host to every other one, once that has joined, and else the one with the lesser id.
#pragma once

#include "runtime/cluster/cluster_settings.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace tickmesh {

/// `Handle` is a host's agent.
template <class Handle>
class host_directory {
public:
  void begin(std::string own_id) { own_id_ = std::move(own_id); }
  void control_host_is(std::string host_id) { control_id_ = std::move(host_id); }

  /// A view says where hosts listen, and to which of them there is something to say. A control host
  /// keeps those that it knows besides.
  void take_hosts(const std::map<std::string, endpoint>& addresses,
                  const std::set<std::string>& partners) {
    for (auto& [id, host] : hosts_)
      if (!is_control()) host.is_wanted = partners.contains(id);
    for (auto& [id, address] : addresses)
      hosts_[id].address = address;
    for (auto& id : partners)
      hosts_[id].is_wanted = true;
  }

  /// A host has joined; it is to be looked for whenever it is lost.
  void joined(const std::string& id, const endpoint& address) {
    auto& host = hosts_[id] = {};
    host.address = address;
    host.is_wanted = true;
  }
  /// It is not to be looked for any more.
  void left(const std::string& id) { hosts_.erase(id); }

  /// The agent, where it has been reached; else null.
  const Handle* find(const std::string& id) const {
    auto found = hosts_.find(id);
    return found == hosts_.end() || !found->second.agent ? nullptr : &*found->second.agent;
  }

  /// Whether it is this host that connects to the other one.
  bool connects_to(const std::string& id) const {
    if (id == own_id_ || id == control_id_) return false;
    return is_control() || own_id_ < id;
  }

  /// Where to connect to now: nothing where the host is there, is looked for, or is of no interest.
  std::optional<endpoint> begin_attempt(const std::string& id) {
    auto found = hosts_.find(id);
    if (found == hosts_.end()) return std::nullopt;
    auto& host = found->second;
    if (!host.is_wanted || host.agent || !host.address || host.is_tried) return std::nullopt;
    host.is_tried = true;
    return host.address;
  }
  /// It failed: how long to wait until the next one, a multiple of `interval` that doubles up to
  /// eight times it.
  std::chrono::milliseconds attempt_failed(const std::string& id,
                                           std::chrono::milliseconds interval) {
    auto found = hosts_.find(id);
    if (found == hosts_.end()) return interval; // it has left
    auto& failures = found->second.failures;
    failures = std::min(failures + 1, 4U);
    return interval * (1U << (failures - 1));
  }
  /// Somebody answers there, and is asked who it is.
  void found(const std::string& id, Handle candidate) {
    if (auto host = hosts_.find(id); host != hosts_.end())
      host->second.candidate = std::move(candidate);
  }
  /// Whether that is still awaited of it: true once, then the answer is there, or there will be
  /// none.
  bool take_candidate(const std::string& id, const Handle& candidate) {
    auto host = hosts_.find(id);
    if (host == hosts_.end() || host->second.candidate != candidate) return false;
    host->second.candidate.reset();
    return true;
  }

  /// The wait is over.
  void end_attempt(const std::string& id) {
    if (auto found = hosts_.find(id); found != hosts_.end()) found->second.is_tried = false;
  }

  /// It has been reached, or has come; false where that is one stranger too many. A host may come
  /// before the view that tells of it.
  bool reached(const std::string& id, Handle agent, std::size_t strangers_max) {
    if (!hosts_.contains(id) && hosts_.size() >= strangers_max) return false;
    auto& host = hosts_[id];
    host.agent = std::move(agent);
    host.candidate.reset();
    host.is_tried = false;
    host.failures = 0;
    return true;
  }

  /// An agent is gone, or somebody who was asked: whose it was.
  template <class IsIt>
  std::optional<std::string> lost(IsIt is_it) {
    for (auto& [id, host] : hosts_) {
      bool is_agent = host.agent && is_it(*host.agent);
      if (is_agent) host.agent.reset();
      if (is_agent || (host.candidate && is_it(*host.candidate))) return id;
    }
    return std::nullopt;
  }
  /// The candidate of a host that was lost.
  std::optional<Handle> candidate(const std::string& id) const {
    auto host = hosts_.find(id);
    return host == hosts_.end() ? std::nullopt : host->second.candidate;
  }
  /// The way to it is to be found again.
  void forget(const std::string& id) {
    if (auto found = hosts_.find(id); found != hosts_.end()) found->second.agent.reset();
  }

private:
  struct known_host {
    std::optional<endpoint> address{};
    std::optional<Handle> agent{};
    std::optional<Handle> candidate{}; ///< for the agent: has not said who it is
    bool is_wanted = false;
    bool is_tried = false; ///< an attempt is under way, or is waited for
    unsigned failures = 0; ///< in succession
  };
  bool is_control() const { return own_id_ == control_id_; }

  std::string own_id_;
  std::string control_id_;
  std::map<std::string, known_host> hosts_;
};

} // namespace tickmesh
