// Fast division by a unit that divides without rest. Used by column_codec and tick_block.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace tickmesh {

/// Division by one unit (1 or more) that must come out exactly: a multiplication by the inverse,
/// modulo 2^64, of its odd part (Warren, Hacker's Delight, 10-16 and 10-17).
class exact_division {
public:
  explicit exact_division(std::uint64_t unit)
      : shift_(std::countr_zero(unit)), odd_(unit >> shift_), inverse_(odd_),
        quotient_max_(static_cast<std::int64_t>(INT64_MAX / odd_)) {
    for (int i = 0; i < 5; ++i)
      inverse_ *= 2 - odd_ * inverse_;
  }

  /// The quotient if there is no rest.
  std::int64_t quotient(std::int64_t v) const {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(v >> shift_) * inverse_);
  }

  bool divides(std::int64_t v) const {
    auto q = quotient(v);
    return (static_cast<std::uint64_t>(v) & ((std::uint64_t{1} << shift_) - 1)) == 0 &&
           q <= quotient_max_ && q >= -quotient_max_;
  }

  /// Whether values whose quotients' magnitudes together have these bits, and that themselves have
  /// the bits `values`, were all divisible. May say no where they were.
  bool divides_below(std::uint64_t magnitudes, std::uint64_t values) const {
    return (values & ((std::uint64_t{1} << shift_) - 1)) == 0 &&
           std::bit_width(magnitudes) < std::bit_width(static_cast<std::uint64_t>(quotient_max_));
  }

private:
  int shift_;
  std::uint64_t odd_;
  std::uint64_t inverse_;
  std::int64_t quotient_max_;
};

/// The greatest unit that divides all values; 1 where all are 0.
std::uint64_t common_unit(std::span<const std::int64_t> values);

} // namespace tickmesh
