#include "actors/calc/bands/bollinger.hpp"

#include <cassert>
#include <cmath>
#include <utility>

namespace tickmesh {

namespace {

constexpr std::int64_t width_unit = 10'000; // 1e-4 in units of 1e-8
constexpr std::uint64_t width_scale = 10'000;

/// a * factor as high and low halves of a 256-bit number.
std::pair<uint128, uint128> multiply_wide(uint128 a, std::uint64_t factor) {
  auto low_half = static_cast<std::uint64_t>(a);
  auto high_half = static_cast<std::uint64_t>(a >> 64);
  auto low_product = static_cast<uint128>(low_half) * factor;
  auto high_product = static_cast<uint128>(high_half) * factor + (low_product >> 64);
  auto low = (high_product << 64) | static_cast<std::uint64_t>(low_product);
  return {high_product >> 64, low};
}

} // namespace

bool product_is_greater(uint128 a, std::uint64_t a_factor, uint128 b, std::uint64_t b_factor) {
  return multiply_wide(a, a_factor) > multiply_wide(b, b_factor);
}

bollinger::bollinger(std::uint32_t period, std::int64_t width)
    : period_(period), width_e4_(static_cast<std::uint64_t>(width / width_unit)),
      width_(static_cast<double>(width_e4_) / static_cast<double>(width_scale)) {
  assert(period >= 2 && period <= period_max);
  assert(width > 0 && width % width_unit == 0 && width <= 100 * decimal_scale);
  // The square, its product with V and D x D are rounded once each, by at most 2^-53 of the value.
  constexpr double margin = 0x1p-50;
  auto square = static_cast<double>(width_e4_ * width_e4_) / 1e8;
  beyond_ = square * (1 + margin);
  within_ = square * (1 - margin);
}

bollinger_value bollinger::value(const window_sums& sums) const {
  auto period = static_cast<int128>(period_);
  int128 distance = period * sums.last - sums.sum;                  // D
  int128 variance = period * sums.square_sum - sums.sum * sums.sum; // V
  auto unit = static_cast<double>(period_) * static_cast<double>(decimal_scale);
  auto spread = width_ * std::sqrt(static_cast<double>(variance));

  bollinger_value out;
  out.middle = static_cast<double>(sums.sum) / unit;
  out.lower = out.middle - spread / unit;
  out.upper = out.middle + spread / unit;
  if (variance == 0) return out;
  out.percent_b = 0.5 + static_cast<double>(distance) / (2 * spread);
  out.signal = signal(sums);
  return out;
}

std::int8_t bollinger::signal(const window_sums& sums) const {
  auto period = static_cast<int128>(period_);
  int128 distance = period * sums.last - sums.sum;
  int128 variance = period * sums.square_sum - sums.sum * sums.sum;
  auto magnitude = static_cast<uint128>(distance < 0 ? -distance : distance);
  bool outside = product_is_greater(magnitude * magnitude, width_scale * width_scale,
                                    static_cast<uint128>(variance), width_e4_ * width_e4_);
  return !outside ? 0 : distance < 0 ? 1 : -1;
}

} // namespace tickmesh
