// Settings from the text of a configuration file. For tests of the loaders.
#pragma once

#include "apps/settings/load_settings.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <string>
#include <string_view>

namespace tickmesh {

/// The file is called FILE in the faults.
inline loaded_settings load_text(std::string_view text) {
  temporary_directory directory;
  auto file = (directory.path() / "t.toml").string();
  std::ofstream{file, std::ios::binary} << text;
  auto out = load_settings({file, {}, {}});
  for (auto& fault : out.faults)
    if (auto i = fault.find(file); i != std::string::npos) fault.replace(i, file.size(), "FILE");
  return out;
}

} // namespace tickmesh
