// Delays in buckets: quantiles are never below the truth and at most 1/32 above it.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

namespace tickmesh::delay_histogram_test {

TEST_CASE("an empty histogram has no quantiles") {
  delay_histogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.max_ns() == 0);
  CHECK(empty.quantile_ns(0) == 0);
  CHECK(empty.quantile_ns(0.99) == 0);
  CHECK(empty.quantile_ns(1) == 0);
}

TEST_CASE("small delays are counted exactly") {
  delay_histogram delays;
  for (int i = 0; i < 32; ++i)
    delays.add(i);
  CHECK(delays.count() == 32);
  CHECK(delays.quantile_ns(0) == 0);
  CHECK(delays.quantile_ns(0.5) == 16);
  CHECK(delays.quantile_ns(1) == 31);
}

TEST_CASE("quantiles stay within a thirty-second of the sorted delays") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    delay_histogram delays;
    std::vector<std::uint64_t> sorted;
    for (int i = 0; i < 2'000; ++i) {
      auto ns = random.next() >> (1 + random.below(63));
      delays.add(static_cast<std::int64_t>(ns));
      sorted.push_back(ns);
    }
    std::sort(sorted.begin(), sorted.end());
    for (double share : {0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      CAPTURE(share);
      auto index = std::min(static_cast<std::size_t>(share * 2'000), sorted.size() - 1);
      auto truth = sorted[index];
      CHECK(delays.quantile_ns(share) >= truth);
      CHECK(delays.quantile_ns(share) - truth <= truth / 32);
    }
    CHECK(delays.max_ns() == sorted.back());
    CHECK(delays.quantile_ns(1) == sorted.back());
  }
}

TEST_CASE("the greatest delay has a bucket") {
  delay_histogram delays;
  delays.add(INT64_MAX);
  CHECK(delays.quantile_ns(1) == static_cast<std::uint64_t>(INT64_MAX));
  delays.add(1, 99);
  CHECK(delays.quantile_ns(0.5) == 1);
  CHECK(delays.quantile_ns(0.99) == static_cast<std::uint64_t>(INT64_MAX));
}

TEST_CASE("negative delays count as nothing and are counted apart") {
  delay_histogram delays;
  delays.add(-5, 3);
  delays.add(INT64_MIN);
  delays.add(10);
  CHECK(delays.count() == 5);
  CHECK(delays.negative() == 4);
  CHECK(delays.quantile_ns(0.5) == 0);
  CHECK(delays.max_ns() == 10);
}

TEST_CASE("parts that are merged or stored give the quantiles of the whole") {
  random_numbers random{4};
  delay_histogram whole, left, right;
  for (int i = 0; i < 3'000; ++i) {
    auto ns = static_cast<std::int64_t>(random.next() >> (20 + random.below(30))) - 10;
    auto count = static_cast<std::uint64_t>(1 + random.below(5));
    whole.add(ns, count);
    (i % 3 == 0 ? left : right).add(ns, count);
  }
  left.merge(delay_histogram::from_buckets(right.buckets(), right.negative(), right.max_ns()));
  CHECK(left.count() == whole.count());
  CHECK(left.negative() == whole.negative());
  CHECK(left.max_ns() == whole.max_ns());
  CHECK(left.buckets() == whole.buckets());
  for (double share : {0.0, 0.5, 0.9, 0.99, 1.0})
    CHECK(left.quantile_ns(share) == whole.quantile_ns(share));
}

} // namespace tickmesh::delay_histogram_test
