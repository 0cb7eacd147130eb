// Limits from a file of their own: for `tickmesh limits try` and `limits set`.
#pragma once

#include "apps/settings.hpp"

#include <string>
#include <vector>

namespace tickmesh {

/// `value` may be used when there is no fault.
struct loaded_limits {
  std::vector<limit_scope> value; ///< all scopes, the global one first
  std::vector<std::string> faults;
};

/// The limits of a file that has nothing but [execution.limits], with the account and the
/// strategies of a configuration. What the file does not say has its default.
loaded_limits load_limits_file(const std::string& file, const settings& config);

} // namespace tickmesh
