// What a change of limits does, for people and as JSON; shown before it is made.
#pragma once

#include "actors/execution/risk/limits_difference.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tickmesh {

/// What changes between two sets of limits, and which of it lets more pass.
struct limits_comparison {
  std::vector<limit_difference> changes;
  std::vector<limit_difference> loosened; ///< some of `changes`
};

limits_comparison compare_for_people(const std::vector<limit_scope>& before,
                                     const std::vector<limit_scope>& after);

/// A line for each change, those that let more pass marked as LOOSER.
std::string format_limits(const limits_comparison& comparison);

/// A list with `scope`, `key`, `before`, `after` and `loosens` each; null is: not limited.
nlohmann::ordered_json describe_limits(const limits_comparison& comparison);

} // namespace tickmesh
