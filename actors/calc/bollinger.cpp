#include "actors/calc/bollinger.hpp"

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
    : ring_(period), width_e4_(static_cast<std::uint64_t>(width / width_unit)),
      width_(static_cast<double>(width_e4_) / static_cast<double>(width_scale)) {
  assert(period >= 2 && period <= period_max);
  assert(width > 0 && width % width_unit == 0 && width <= 100 * decimal_scale);
}

void bollinger::push(price p, timestamp at) {
  auto& slot = ring_[next_];
  if (full()) {
    sum_ -= slot.units;
    square_sum_ -= static_cast<int128>(slot.units) * slot.units;
  } else {
    ++count_;
  }
  slot = {p.value, at};
  last_ = p.value;
  sum_ += p.value;
  square_sum_ += static_cast<int128>(p.value) * p.value;
  if (++next_ == ring_.size()) next_ = 0;
}

bollinger_value bollinger::value() const {
  assert(full());
  auto period = static_cast<int128>(ring_.size());
  int128 distance = period * last_ - sum_;              // D: period x (price - mean)
  int128 variance = period * square_sum_ - sum_ * sum_; // V: (period x deviation)^2
  auto unit = static_cast<double>(ring_.size()) * static_cast<double>(decimal_scale);
  auto spread = width_ * std::sqrt(static_cast<double>(variance));

  bollinger_value out;
  out.middle = static_cast<double>(sum_) / unit;
  out.lower = out.middle - spread / unit;
  out.upper = out.middle + spread / unit;
  if (variance == 0) return out;
  out.percent_b = 0.5 + static_cast<double>(distance) / (2 * spread);
  auto magnitude = static_cast<uint128>(distance < 0 ? -distance : distance);
  bool outside = product_is_greater(magnitude * magnitude, width_scale * width_scale,
                                    static_cast<uint128>(variance), width_e4_ * width_e4_);
  if (outside) out.signal = distance < 0 ? 1 : -1;
  return out;
}

} // namespace tickmesh
