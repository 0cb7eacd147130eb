// libFuzzer's way in: one program for all targets. TICKMESH_FUZZ_TARGET names the one to run;
// with TICKMESH_FUZZ_SAMPLES=DIRECTORY its samples are written there, and nothing is run.
// Used by scripts/fuzz.sh.
#include "tests/fuzz/fuzz_target.hpp"

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>

namespace {

const tickmesh::fuzz_target* chosen = nullptr;

void list_targets() {
  for (auto& target : tickmesh::fuzz_targets())
    std::cout << target.name << '\n';
}

void write_samples(const std::string& directory) {
  int number = 0;
  for (auto& bytes : chosen->samples())
    std::ofstream{directory + "/sample-" + std::to_string(++number), std::ios::binary} << bytes;
}

} // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // Samples are made with helpers of the tests, which use doctest's checks.
  static doctest::Context checks;
  checks.setAsDefaultForAssertsOutOfTestCases();
  checks.setAssertHandler([](const doctest::AssertData& data) {
    if (data.m_failed) throw tickmesh::fuzz_failure{data.m_expr};
  });
  auto* name = std::getenv("TICKMESH_FUZZ_TARGET");
  if (name != nullptr) chosen = tickmesh::find_fuzz_target(name);
  if (chosen == nullptr) {
    list_targets();
    std::exit(name == nullptr ? 0 : 2);
  }
  if (auto* directory = std::getenv("TICKMESH_FUZZ_SAMPLES")) {
    write_samples(directory);
    std::exit(0);
  }
  return 0;
}

/// A failure leaves it as an exception, which ends the program; libFuzzer then keeps the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
