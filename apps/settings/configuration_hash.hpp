// A hash of all settings that reach a result. Hosts of one cluster must agree on it.
#pragma once

#include "apps/settings/settings.hpp"

#include <cstdint>

namespace tickmesh {

/// xxh3 over cleaning, strategies, execution and instruments, written out as text. The source has
/// a fingerprint of its own.
std::uint64_t configuration_hash(const settings& config);

} // namespace tickmesh
