// A parser of bytes from outside, and what must hold of whatever it is given. Run by libFuzzer
// (libfuzzer_main.cpp) and, with a few thousand changed samples each, by the unit tests.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickmesh {

struct fuzz_target {
  std::string_view name;
  void (*run)(std::string_view bytes);   ///< throws a fuzz_failure
  std::vector<std::string> (*samples)(); ///< that the parser takes, made by our own encoders
  std::uint64_t changes = 200;           ///< of samples, that the unit tests try
};

/// Something that must hold of a parser does not.
class fuzz_failure : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

inline void must(bool holds, const char* what) {
  if (!holds) throw fuzz_failure{what};
}

/// In the order of their names' folders.
std::span<const fuzz_target> fuzz_targets();

/// Null: there is none of this name.
const fuzz_target* find_fuzz_target(std::string_view name);

// What each file has.
std::vector<fuzz_target> frame_fuzz_targets();
std::vector<fuzz_target> source_file_fuzz_targets();
std::vector<fuzz_target> socket_fuzz_targets();
std::vector<fuzz_target> tick_log_fuzz_targets();
std::vector<fuzz_target> tick_block_fuzz_targets();
std::vector<fuzz_target> journal_fuzz_targets();
std::vector<fuzz_target> snapshot_fuzz_targets();
std::vector<fuzz_target> cluster_fuzz_targets();
std::vector<fuzz_target> settings_fuzz_targets();

} // namespace tickmesh
