#include "apps/limits_file.hpp"

#include "apps/load_settings.hpp"

#include <fmt/format.h>

namespace tickmesh {

loaded_limits load_limits_file(const std::string& file, const settings& config) {
  toml_reader reader{file, {}};
  execution_settings read;
  read.account = config.execution.account;
  auto root = reader.root();
  load_limits(root.section("execution").section("limits"), config.strategies, read);
  loaded_limits out{read.all_limits(), {}};
  if (!root.has("execution.limits"))
    out.faults.push_back(fmt::format("{}: execution.limits: is missing; write [execution.limits] "
                                     "and the limits as in the configuration",
                                     file));
  auto others = reader.take_faults();
  if (!others.empty()) out.faults = std::move(others);
  return out;
}

} // namespace tickmesh
