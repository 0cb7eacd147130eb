// What is read in another thread comes in its order, to the last of it.
#include "actors/market/feed/read_ahead.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <stdexcept>

namespace tickmesh::read_ahead_test {

namespace {

using numbers = std::vector<std::uint64_t>;

/// 1, 2, ... `count` in batches of 1, 2, ... 7, 1, ...
auto count_to(std::uint64_t count) {
  return [count, given = std::uint64_t{0}, size = std::size_t{0}](numbers& batch) mutable {
    if (!batch.empty()) throw std::logic_error{"the batch is not empty"};
    size = size % 7 + 1;
    for (std::size_t i = 0; i < size && given < count; ++i)
      batch.push_back(++given);
  };
}

} // namespace

TEST_CASE("all comes in order, and nothing behind the last") {
  for (std::uint64_t count : {0U, 1U, 3U, 10'000U}) {
    CAPTURE(count);
    read_ahead<numbers> ahead{count_to(count)};
    std::uint64_t next = 1;
    while (auto* batch = ahead.next())
      for (auto number : *batch)
        REQUIRE(number == next++);
    CHECK(next == count + 1);
    CHECK(ahead.next() == nullptr);
  }
}

TEST_CASE("one that is left early ends, and is not far ahead") {
  std::atomic<int> batches{0};
  {
    read_ahead<numbers> ahead{[&](numbers& batch) {
      ++batches;
      batch.resize(10);
    }};
    for (int i = 0; i < 3; ++i)
      REQUIRE(ahead.next() != nullptr);
  }
  CHECK(batches >= 3);
  CHECK(batches <= 8);
}

TEST_CASE("what its reader throws comes behind the batches before it") {
  read_ahead<numbers> ahead{[batches = 0](numbers& batch) mutable {
    if (++batches == 3) throw std::runtime_error{"damaged"};
    batch.resize(5);
  }};
  for (int i = 0; i < 2; ++i)
    REQUIRE(ahead.next() != nullptr);
  CHECK_THROWS_WITH(ahead.next(), "damaged");
}

} // namespace tickmesh::read_ahead_test
