// Where other hosts listen, and their agents as far as they have been reached. Plain class behind
// host_agent.
#pragma once

#include "messages/slot.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <map>
#include <string>
#include <utility>

namespace tickmesh {

/// `Handle` is a host's agent.
template <class Handle>
class host_directory {
public:
  /// A view says where each slot's host listens.
  void take_addresses(std::map<slot_name, endpoint> by_slot) { addresses_ = std::move(by_slot); }

  /// Precondition: the slot is in the view.
  const endpoint& address_of(slot_name slot) const { return addresses_.at(slot); }

  /// The agent that was reached there; null: none yet.
  const Handle* find(const endpoint& address) const {
    auto found = agents_.find(key_of(address));
    return found == agents_.end() ? nullptr : &found->second;
  }

  void remember(const endpoint& address, Handle agent) {
    agents_.insert_or_assign(key_of(address), std::move(agent));
  }

  /// The way to the host is to be found again.
  void forget(const endpoint& address) { agents_.erase(key_of(address)); }

  /// The same, unless another agent has been reached there since.
  void forget(const endpoint& address, const Handle& agent) {
    if (auto* known = find(address); known != nullptr && *known == agent) forget(address);
  }

private:
  using key = std::pair<std::string, std::uint16_t>;
  static key key_of(const endpoint& address) { return {address.address, address.port}; }

  std::map<slot_name, endpoint> addresses_;
  std::map<key, Handle> agents_;
};

} // namespace tickmesh
