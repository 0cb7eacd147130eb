// What all verbs share: where their configuration is, and how they end.
#pragma once

#include <string>
#include <vector>

namespace tickmesh {

inline constexpr int exit_failure = 1; ///< something went wrong while running
inline constexpr int exit_usage = 2;   ///< wrong flags or configuration

struct config_flags {
  std::string file;
  std::vector<std::string> assignments; ///< `key=value`
};

} // namespace tickmesh
