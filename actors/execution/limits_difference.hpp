// What differs between two sets of limits, key by key. Used by the audit of operators' commands.
#pragma once

#include "actors/execution/risk_limits.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// Values as the configuration writes them; nothing: not limited.
struct limit_difference {
  std::string scope; ///< format_scope
  std::string key;   ///< of the configuration, with its unit
  std::optional<std::string> before{};
  std::optional<std::string> after{};
  friend bool operator==(const limit_difference&, const limit_difference&) = default;
};

/// In the order of `before`, then what only `after` has. Scopes are the same when kind and name
/// are; of several with one name, the first is compared with the first, and so on. A scope that is
/// new or gone differs in all that it limits.
std::vector<limit_difference> compare_limits(std::span<const limit_scope> before,
                                             std::span<const limit_scope> after);

} // namespace tickmesh
