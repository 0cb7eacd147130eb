// Bollinger bands over the last prices of one symbol, decided in integers (docs/architecture.md,
// "Bollinger"). Source: J. Bollinger, "Bollinger on Bollinger Bands", 2001; population standard
// deviation as in TA-Lib's BBANDS.
#pragma once

#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace tickmesh {

struct bollinger_value {
  double lower = 0; ///< in currency
  double middle = 0;
  double upper = 0;
  std::optional<double> percent_b; ///< (price - lower) / (upper - lower); none in a flat window
  std::int8_t signal = 0;          ///< +1 below the lower band, -1 above the upper one, else 0
};

/// A ring of `period` prices with their exact sums; O(1) a price.
class bollinger {
public:
  static constexpr std::uint32_t period_max = 10'000;

  /// `period` in [2, period_max]; `width` in standard deviations, 1e-8 units, a multiple of 1e-4,
  /// in (0, 100].
  bollinger(std::uint32_t period, std::int64_t width);

  void push(price p, timestamp at);

  bool full() const { return count_ == ring_.size(); }

  /// When the oldest price in the ring was seen. Precondition: full().
  timestamp oldest() const { return ring_[next_].at; }

  /// The bands and where the last price stands. Precondition: full().
  bollinger_value value() const;

private:
  struct entry {
    std::int64_t units = 0;
    timestamp at{};
  };
  std::vector<entry> ring_;
  std::size_t next_ = 0; ///< where the next price goes; the oldest one when full
  std::size_t count_ = 0;
  std::int64_t last_ = 0;
  int128 sum_ = 0;         ///< of prices
  int128 square_sum_ = 0;  ///< of squared prices
  std::uint64_t width_e4_; ///< width in 1e-4
  double width_;
};

/// True when a * a_factor > b * b_factor, without overflow.
bool product_is_greater(uint128 a, std::uint64_t a_factor, uint128 b, std::uint64_t b_factor);

} // namespace tickmesh
