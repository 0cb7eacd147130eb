// When who looks after a cluster is told that a certificate ends.
#pragma once

#include <chrono>

namespace tickmesh {

inline constexpr std::chrono::hours certificate_warned_before{14 * 24};

} // namespace tickmesh
