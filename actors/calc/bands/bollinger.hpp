// Bollinger bands over the last prices of one symbol, decided in integers (docs/architecture.md,
// "Bollinger"). Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001; population standard
// deviation as in TA-Lib's BBANDS.
#pragma once

#include "messages/numbers.hpp"

#include <cstdint>
#include <optional>

namespace tickmesh {

struct bollinger_value {
  double lower = 0; ///< in currency
  double middle = 0;
  double upper = 0;
  std::optional<double> percent_b; ///< (price - lower) / (upper - lower); none in a flat window
  std::int8_t signal = 0;          ///< +1 below the lower band, -1 above the upper one, else 0
};

/// The last prices of a window, added up. Any unit and any base of the prices give the same signal.
struct window_sums {
  int128 last = 0;
  int128 sum = 0;
  int128 square_sum = 0; ///< of squares
};

/// The bands of one period and width. Holds no prices; see price_history.
class bollinger {
public:
  static constexpr std::uint32_t period_max = 10'000;

  /// `period` in [2, period_max]; `width` in standard deviations, 1e-8 units, a multiple of 1e-4,
  /// in (0, 100].
  bollinger(std::uint32_t period, std::int64_t width);

  std::uint32_t period() const { return period_; }

  /// The bands and where the last price stands, for sums over `period` prices in 1e-8.
  bollinger_value value(const window_sums& sums) const;

  /// value().signal, exactly.
  std::int8_t signal(const window_sums& sums) const;

  /// Let D be period x (price - mean) and V the squared period x the variance, both exact in
  /// doubles. D x D above `beyond` x V is outside the bands, D x D at most `within` x V is not;
  /// between them rounding could decide, and only signal() can tell.
  double beyond() const { return beyond_; }
  double within() const { return within_; }

private:
  std::uint32_t period_;
  std::uint64_t width_e4_; ///< width in 1e-4
  double width_;
  double beyond_;
  double within_;
};

/// True when a * a_factor > b * b_factor, without overflow.
bool product_is_greater(uint128 a, std::uint64_t a_factor, uint128 b, std::uint64_t b_factor);

} // namespace tickmesh
