// What the fuzz targets assert, of their samples, of what is kept in tests/fuzz/corpus, and of a
// few thousand changes of both: without a fuzzer, in seconds.
#include "tests/fuzz/byte_mutator.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/support/golden_bytes.hpp"
#include "tests/support/source_tree.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace tickmesh::fuzz_replay_test {

namespace {

/// The target's samples, and the files that are kept for it, in an order that is always the same.
std::vector<std::string> inputs_of(const fuzz_target& target) {
  auto out = target.samples();
  std::filesystem::path directory = source_path("tests/fuzz/corpus/" + std::string{target.name});
  std::set<std::filesystem::path> files;
  std::error_code none;
  for (auto& entry : std::filesystem::directory_iterator{directory, none})
    files.insert(entry.path());
  for (auto& path : files) {
    std::ifstream file{path, std::ios::binary};
    out.emplace_back(std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{});
  }
  return out;
}

void run(const fuzz_target& target, const std::string& bytes) {
  std::string what;
  try {
    target.run(bytes);
  } catch (const std::exception& error) {
    what = error.what();
  }
  CHECK_MESSAGE(what.empty(), what, "; the bytes:\n", to_hex(bytes));
}

} // namespace

TEST_CASE("what parsers of foreign bytes must do, they do with samples and with changes of them") {
  for (auto& target : fuzz_targets()) {
    CAPTURE(target.name);
    auto inputs = inputs_of(target);
    REQUIRE_FALSE(inputs.empty());
    for (auto& bytes : inputs)
      run(target, bytes);
    for (std::uint64_t seed = 1; seed <= target.changes; ++seed) {
      CAPTURE(seed);
      byte_mutator mutator{seed};
      auto& bytes = inputs[seed % inputs.size()];
      run(target, mutator.mutate(bytes, inputs[seed / inputs.size() % inputs.size()]));
    }
  }
}

TEST_CASE("each fuzz target has a name of its own, and is found by it") {
  std::set<std::string_view> names;
  for (auto& target : fuzz_targets()) {
    CHECK(names.insert(target.name).second);
    CHECK(find_fuzz_target(target.name) == &target);
  }
  CHECK(find_fuzz_target("none") == nullptr);
}

TEST_CASE("kept inputs are of targets that exist") {
  std::error_code none;
  for (auto& entry : std::filesystem::directory_iterator{source_path("tests/fuzz/corpus"), none})
    CHECK_MESSAGE(find_fuzz_target(entry.path().filename().string()) != nullptr, entry.path());
}

} // namespace tickmesh::fuzz_replay_test
