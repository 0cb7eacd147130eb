// Finds the recorded market data, which is not part of the source tree. Tests that need it are
// skipped, loudly, where it is absent.
#pragma once

#include "tests/support/source_tree.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace tickmesh {

/// `SHARED_DATA` of the environment, else `../shared/data` beside the source tree.
inline std::filesystem::path real_data_directory() {
  if (auto* set = std::getenv("SHARED_DATA")) return set;
  return std::filesystem::path{source_path("../shared/data")}.lexically_normal();
}

/// The directory with `ctp_futures` and `binance`; otherwise nothing, and a line that says so.
inline std::optional<std::filesystem::path> find_real_data(const std::string& test_name) {
  auto directory = real_data_directory();
  std::error_code ignored;
  if (std::filesystem::is_directory(directory / "ctp_futures", ignored)) return directory;
  std::fprintf(stderr, "SKIPPED: %s: real data not found at %s\n", test_name.c_str(),
               directory.c_str());
  return std::nullopt;
}

} // namespace tickmesh
