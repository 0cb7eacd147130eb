// Ticks that are read in another thread come in their order, to the last one.
#include "actors/market/feed/read_ahead.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

namespace tickmesh::read_ahead_test {

namespace {

/// Yields `count` ticks in batches of 1, 2, ... 7, 1, ...
struct counter {
  std::uint64_t count = 0;
  std::uint64_t given = 0;
  std::size_t size = 0;

  void operator()(std::vector<tick>& batch) {
    REQUIRE(batch.empty());
    size = size % 7 + 1;
    for (std::size_t i = 0; i < size && given < count; ++i) {
      batch.emplace_back();
      batch.back().number = sequence{++given};
    }
  }
};

} // namespace

TEST_CASE("ticks come in order, and nothing behind the last one") {
  for (std::uint64_t count : {0U, 1U, 3U, 10'000U}) {
    CAPTURE(count);
    read_ahead ahead{counter{count}};
    for (std::uint64_t i = 1; i <= count; ++i) {
      auto* found = ahead.next();
      REQUIRE(found != nullptr);
      CHECK(found->number == sequence{i});
    }
    for (int again = 0; again < 3; ++again)
      CHECK(ahead.next() == nullptr);
  }
}

TEST_CASE("one that is left early ends, and is not far ahead") {
  std::atomic<std::uint64_t> batches{0};
  {
    read_ahead ahead{[&](std::vector<tick>& batch) {
      ++batches;
      batch.resize(10);
    }};
    for (int i = 0; i < 25; ++i)
      REQUIRE(ahead.next() != nullptr);
  }
  CHECK(batches >= 3);
  CHECK(batches <= 8);
}

TEST_CASE("what its reader throws comes behind the ticks before it") {
  read_ahead ahead{[batches = 0](std::vector<tick>& batch) mutable {
    if (++batches == 3) throw std::runtime_error{"damaged"};
    batch.resize(5);
  }};
  for (int i = 0; i < 10; ++i)
    REQUIRE(ahead.next() != nullptr);
  CHECK_THROWS_WITH(ahead.next(), "damaged");
}

} // namespace tickmesh::read_ahead_test
