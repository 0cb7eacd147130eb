// What a message costs that no program of ours touches: the yardstick beside measured delays.
#pragma once

#include "messages/timestamp.hpp"

#include <optional>

namespace tickmesh {

/// Half of the median round trip of 200 bytes between two threads over TCP on loopback, each
/// sleeping in the kernel until bytes come, as the processes of a cluster do. Takes some 30 ms.
/// Nothing where there is no loopback.
std::optional<nanoseconds> measure_message_floor();

} // namespace tickmesh
