// What differs between two sets of limits, key by key, and which of it lets more pass than before.
// Used by the audit of operators' commands, and before limits are set.
#pragma once

#include "actors/execution/events/operator_command.hpp"

#include <cstdint>
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

/// Those of the differences by which an order could pass that could not before: a higher maximum, a
/// shorter window for duplicates, a rule that is off, a symbol that is allowed or no longer
/// restricted.
std::vector<limit_difference> loosened_limits(std::span<const limit_scope> before,
                                              std::span<const limit_scope> after);

/// Equal for equal limits; keys that are not limited do not count. The order of scopes does.
std::uint64_t fingerprint_of(std::span<const limit_scope> limits);

/// Whether a change was made of the limits that hold, or replaces whatever holds.
bool is_made_of(const limits_change& change, std::span<const limit_scope> now);

} // namespace tickmesh
