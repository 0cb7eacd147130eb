#include "apps/settings/limits_file.hpp"

#include "apps/settings/load_settings.hpp"

#include <fmt/format.h>

namespace tickmesh {

loaded_limits load_limits_file(const std::string& file, const limits_in_force& now) {
  execution_settings changed;
  changed.account = now.account;
  changed.limits = now.scopes.front().limits;
  changed.limit_scopes.assign(now.scopes.begin() + 1, now.scopes.end());
  std::vector<strategy_settings> strategies(now.strategies.size());
  for (std::size_t i = 0; i < strategies.size(); ++i)
    strategies[i].name = now.strategies[i];
  toml_reader reader{file, {}};
  auto root = reader.root();
  load_limits(root.section("execution").section("limits"), strategies, changed);
  loaded_limits out{changed.all_limits(), {}};
  if (!root.has("execution.limits"))
    out.faults.push_back(fmt::format("{}: execution.limits: is missing; write [execution.limits] "
                                     "and the limits as in the configuration",
                                     file));
  auto others = reader.take_faults();
  if (!others.empty()) out.faults = std::move(others);
  return out;
}

} // namespace tickmesh
