// When a record of a log counts as written.
#pragma once

#include <cstdint>

namespace tickmesh {

enum class log_durability : std::uint8_t {
  always,   ///< when fdatasync has returned
  interval, ///< when the kernel has it; synced every sync_interval
  never,    ///< when the kernel has it; never synced (tests)
};

} // namespace tickmesh
