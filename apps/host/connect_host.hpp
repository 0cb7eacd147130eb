// How the verbs reach the hosts of a running cluster. Blocks, but not for long.
#pragma once

#include "apps/host/control_address.hpp"
#include "messages/result.hpp"
#include "messages/slot.hpp"
#include "runtime/actors/actor_system.hpp"
#include "runtime/cluster/cluster_settings.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace tickmesh {

/// How a verb's actors reach a cluster. Fails where the certificates are not there or not good.
result<actor_system_options> network_of(const control_flags& flags);

/// The actor that stands for the host that listens at `address`, within `timeout`. Fails where
/// nothing listens, or something that is no host of tickmesh: says so of `what`, a `host` or a
/// `control host`, with the address and what to do.
result<caf::actor> connect_host(caf::scoped_actor& self, const endpoint& address,
                                std::string_view what, std::chrono::milliseconds timeout);

/// The actor of a host's slot, within `timeout`. Fails with why the host has none.
result<caf::actor> find_slot(caf::scoped_actor& self, const caf::actor& host, slot_name slot,
                             std::chrono::milliseconds timeout);

/// `2.5 s`.
std::string format_seconds_of(std::chrono::milliseconds time);

} // namespace tickmesh
