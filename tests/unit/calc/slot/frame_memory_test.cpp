// Bytes that are kept: whole, apart from each other, and for as long as they are used.
#include "actors/calc/slot/frame_memory.hpp"

#include "actors/market/sources/sim/random_numbers.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <string>

namespace tickmesh::frame_memory_test {

TEST_CASE("bytes of any length stay as they were, across the ends of chunks") {
  random_numbers random{7};
  frame_memory memory;
  std::deque<std::pair<std::string, kept_bytes>> kept;
  for (int i = 0; i < 200; ++i) {
    // From nothing to more than a chunk, 1 MiB, holds.
    auto size = static_cast<std::size_t>(random.below(i % 20 == 0 ? 2 << 20 : 100'000));
    std::string text(size, static_cast<char>('a' + i % 26));
    kept.emplace_back(text, memory.keep(text));
    if (kept.size() > 40) kept.pop_front();
    for (auto& [expected, bytes] : kept)
      REQUIRE(bytes.bytes == expected);
  }
}

TEST_CASE("bytes outlive the memory that kept them") {
  kept_bytes kept;
  {
    frame_memory memory;
    kept = memory.keep("still here");
    memory.keep(std::string(1'000'000, 'x'));
  }
  CHECK(kept.bytes == "still here");
}

} // namespace tickmesh::frame_memory_test
