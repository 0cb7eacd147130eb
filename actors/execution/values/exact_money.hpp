// Arithmetic on sums of price x quantity that never wraps and rounds once: an overflow is a broken
// invariant (assertion). Used by position_book and its fees.
#pragma once

#include "messages/numbers.hpp"

#include <cassert>

namespace tickmesh {

template <class T>
T checked_add(T a, T b) {
  T sum{};
  [[maybe_unused]] bool overflow = __builtin_add_overflow(a, b, &sum);
  assert(!overflow);
  return sum;
}

template <class T>
T checked_subtract(T a, T b) {
  T difference{};
  [[maybe_unused]] bool overflow = __builtin_sub_overflow(a, b, &difference);
  assert(!overflow);
  return difference;
}

inline money checked_add(money a, money b) {
  return money{checked_add(a.value, b.value)};
}

inline money checked_subtract(money a, money b) {
  return money{checked_subtract(a.value, b.value)};
}

inline int128 checked_multiply(int128 a, int128 b) {
  int128 product = 0;
  [[maybe_unused]] bool overflow = __builtin_mul_overflow(a, b, &product);
  assert(!overflow);
  return product;
}

/// a / decimal_scale, rounded down. The scale is 2^8 x 390625: after the shift, long division by
/// digits of 32 bits needs no 128-bit division, which is slow.
inline int128 scale_down(int128 a) {
  constexpr std::uint64_t odd_part = decimal_scale >> 8U;
  static_assert(odd_part << 8U == decimal_scale && odd_part < (std::uint64_t{1} << 32U));
  bool negative = a < 0;
  // Of a negative number, -(x / d) rounded down is -((|x| + d - 1) / d).
  auto rest = negative ? uint128{0} - static_cast<uint128>(a) + (decimal_scale - 1)
                       : static_cast<uint128>(a);
  rest >>= 8U;
  uint128 quotient = 0;
  std::uint64_t carry = 0;
  for (int shift = 96; shift >= 0; shift -= 32) {
    auto digit = carry << 32U | static_cast<std::uint32_t>(rest >> shift);
    quotient = quotient << 32U | digit / odd_part;
    carry = digit % odd_part;
  }
  auto result = static_cast<int128>(quotient);
  return negative ? -result : result;
}

/// sum x factor / decimal_scale, rounded down. Dividing before multiplying keeps the products small
/// and gives the same floor.
inline int128 scale_by(int128 sum, std::int64_t factor) {
  auto whole = scale_down(sum);
  auto fraction = sum - whole * decimal_scale;
  return checked_add(checked_multiply(whole, factor), scale_down(fraction * factor));
}

/// sum x from / to, rounded up. Precondition: both are above 0.
inline int128 rescale(int128 sum, std::int64_t from, std::int64_t to) {
  auto whole = sum / to;
  auto rest = static_cast<int128>(sum % to) * from;
  auto part = rest / to;
  if (rest % to > 0) ++part;
  return checked_add(checked_multiply(whole, from), part);
}

/// `sum` (1e-16) x `multiplier` (1e-8) in money (1e-8), rounded down.
inline money to_money(int128 sum, std::int64_t multiplier) {
  if (multiplier % decimal_scale == 0) // needs one division
    return money{scale_down(checked_multiply(sum, multiplier / decimal_scale))};
  return money{scale_down(scale_by(sum, multiplier))};
}

} // namespace tickmesh
