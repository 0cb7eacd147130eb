// The last prices of one symbol, shared by all its strategies, and the bands over every window that
// ends at one of the newest prices.
//
// Prices are kept as distances from a base in the largest unit that divides them all. These are so
// small, most of the time, that sums and products of a window are exact in doubles; where they are
// not, 128-bit integers do the same work.
#pragma once

#include "actors/calc/bands/bollinger.hpp"
#include "messages/symbol_digest.hpp"
#include "runtime/actors/prefetch.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tickmesh {

/// Prices of a history with the newest behind them, added up from the first. Scratch memory: one
/// serves all symbols of a thread in turn.
class price_window {
public:
  /// Where each of the newest prices stands: +1, -1 or 0 as in bollinger_value; 0 before there are
  /// `period` prices. `out` has a place for each. False only
  /// when all are 0.
  bool decide(const bollinger& bands, std::span<std::int64_t> out) const;

  /// Whether `period` prices end at the newest price number `row`.
  bool is_full(std::size_t row, std::uint32_t period) const { return older_ + row + 1 >= period; }

  /// How many of the newest prices come before there are `period`.
  std::size_t missing(std::uint32_t period) const {
    return older_ + 1 >= period ? 0 : period - older_ - 1;
  }

  /// Of the `period` prices that end at the newest price number `row`, in 1e-8.
  window_sums sums(std::size_t row, std::uint32_t period) const;

private:
  friend class price_history;

  window_sums distance_sums(std::size_t end, std::uint32_t period) const;
  void add_up();

  std::size_t older_ = 0; ///< prices before the newest
  std::int64_t base_ = 0;
  std::int64_t unit_ = 1;
  bool wide_ = false; ///< too large for doubles
  std::vector<std::int64_t> distances_;
  std::vector<double> sums_; ///< of the first 0, 1, 2, ... distances
  std::vector<double> square_sums_;
  std::vector<int128> wide_sums_;
  std::vector<int128> wide_square_sums_;
};

class price_history {
public:
  /// Keeps the last `length` prices.
  explicit price_history(std::uint32_t length) : length_(length) {}

  /// Adds prices, the newest last, and sets `window` to those that were kept and these.
  void extend(std::span<const std::int64_t> prices, price_window& window);

  std::size_t size() const { return distances_.size(); }

  /// Its prices are needed soon.
  void prefetch_prices() const {
    prefetch(distances_.data(), distances_.size() * sizeof distances_[0]);
  }

  /// Adds the prices that are kept.
  void digest(digest_builder& out) const {
    for (auto distance : distances_)
      out.add(base_ + unit_ * distance);
  }

  /// Of the last `period` prices, in 1e-8. Precondition: there are so many.
  window_sums sums(std::uint32_t period) const;

private:
  bool append(std::span<const std::int64_t> prices, price_window& window);
  void rescale(std::span<const std::int64_t> prices, price_window& window);

  std::uint32_t length_;
  std::int64_t base_ = 0;
  std::int64_t unit_ = 1;
  std::int64_t farthest_ = 0; ///< no distance since the last rescale was greater
  std::vector<std::int64_t> distances_;
};

} // namespace tickmesh
