#include "tests/fuzz/fuzz_target.hpp"

#include <algorithm>

namespace tickmesh {

std::span<const fuzz_target> fuzz_targets() {
  static const auto all = [] {
    std::vector<fuzz_target> out;
    for (auto* of_file : {frame_fuzz_targets, source_file_fuzz_targets, socket_fuzz_targets,
                          tick_log_fuzz_targets, tick_block_fuzz_targets, journal_fuzz_targets,
                          snapshot_fuzz_targets, cluster_fuzz_targets, settings_fuzz_targets})
      for (auto& target : of_file())
        out.push_back(target);
    return out;
  }();
  return all;
}

const fuzz_target* find_fuzz_target(std::string_view name) {
  auto all = fuzz_targets();
  auto found = std::ranges::find(all, name, &fuzz_target::name);
  return found == all.end() ? nullptr : &*found;
}

} // namespace tickmesh
