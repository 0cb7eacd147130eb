// Counts delays in buckets that are at most 1/32 wide of their value, from 1 ns to 2^63 ns.
// The layout of HdrHistogram (G. Tene) with five significant bits.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace tickmesh {

class delay_histogram {
public:
  /// Negative delays (clocks that disagree) count as 0 and are counted apart.
  void add(std::int64_t ns, std::uint64_t count = 1) {
    if (ns < 0) negative_ += count;
    auto value = static_cast<std::uint64_t>(ns < 0 ? 0 : ns);
    buckets_[bucket_of(value)] += count;
    count_ += count;
    if (value > max_) max_ = value;
  }

  void merge(const delay_histogram& other) {
    for (auto& [bucket, count] : other.buckets_)
      buckets_[bucket] += count;
    count_ += other.count_;
    negative_ += other.negative_;
    if (other.max_ > max_) max_ = other.max_;
  }

  /// Upper bound of the bucket that holds the given share of delays; 0 when there are none.
  std::uint64_t quantile_ns(double share) const {
    auto target = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (auto& [bucket, count] : buckets_) {
      seen += count;
      if (seen > target || seen == count_)
        return upper_bound(bucket) < max_ ? upper_bound(bucket) : max_;
    }
    return 0;
  }

  std::uint64_t count() const { return count_; }
  std::uint64_t negative() const { return negative_; }
  std::uint64_t max_ns() const { return max_; }

  /// Buckets and their counts, to be stored and merged elsewhere.
  const std::map<std::uint32_t, std::uint64_t>& buckets() const { return buckets_; }
  static delay_histogram from_buckets(std::map<std::uint32_t, std::uint64_t> buckets,
                                      std::uint64_t negative, std::uint64_t max) {
    delay_histogram out;
    for (auto& [bucket, count] : buckets)
      out.count_ += count;
    out.buckets_ = std::move(buckets);
    out.negative_ = negative;
    out.max_ = max;
    return out;
  }

private:
  static constexpr int significant_bits = 5;

  static std::uint32_t bucket_of(std::uint64_t value) {
    if (value < (1U << significant_bits)) return static_cast<std::uint32_t>(value);
    auto shift = static_cast<std::uint32_t>(std::bit_width(value)) - significant_bits - 1;
    return static_cast<std::uint32_t>(((shift + 1) << significant_bits) +
                                      ((value >> shift) - (1U << significant_bits)));
  }

  static std::uint64_t upper_bound(std::uint32_t bucket) {
    if (bucket < (1U << significant_bits)) return bucket;
    auto shift = (bucket >> significant_bits) - 1;
    std::uint64_t low = (bucket & ((1U << significant_bits) - 1)) + (1U << significant_bits);
    return ((low + 1) << shift) - 1;
  }

  std::map<std::uint32_t, std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t negative_ = 0;
  std::uint64_t max_ = 0;
};

} // namespace tickmesh
