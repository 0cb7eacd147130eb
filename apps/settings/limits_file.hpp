// A file of changes to limits: for `tickmesh limits try` and `limits set`.
#pragma once

#include "actors/execution/events/operator_command.hpp"

#include <string>
#include <vector>

namespace tickmesh {

/// `value` may be used when there is no fault.
struct loaded_limits {
  std::vector<limit_scope> value; ///< all scopes, the global one first
  std::vector<std::string> faults;
};

/// The limits that would hold after the changes in a file that has nothing but [execution.limits]
/// and [[execution.limits.scope]]. A key that it names changes; all others stay as they hold. A
/// scope that is there already is changed, one that is not comes new. Scopes may be of the account
/// and the strategies that `now` names.
loaded_limits load_limits_file(const std::string& file, const limits_in_force& now);

} // namespace tickmesh
