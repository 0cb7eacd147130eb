// The work that no system around it can avoid: Bollinger bands in plain doubles, nothing else. All
// speeds of the project are stated as ratios to it, taken in one run.
//
// PINNED: this file never changes, not even to make it faster or more exact. Ratios that were
// measured with another kernel could not be compared with earlier ones.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tickmesh {

/// Strategies over 500 symbols, each with a ring and sliding sums of its own for each symbol.
class strategy_kernel {
public:
  static constexpr std::size_t symbols = 500;
  static constexpr std::size_t period = 20;
  static constexpr std::size_t run_length = 64; ///< ticks of one symbol in a row

  explicit strategy_kernel(std::size_t strategies)
      : strategies_(strategies), bands_(symbols * strategies) {
    std::uint64_t state = 1;
    double walk = 0;
    for (auto& step : walk_) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      walk += static_cast<double>(state >> 62) - 1.5;
      step = walk;
    }
  }

  /// Takes `ticks` prices; the sum of their signals, so that nothing can be left out.
  std::int64_t run(std::uint64_t ticks) {
    std::int64_t signals = 0;
    std::size_t symbol = 0;
    for (std::uint64_t done = 0; done < ticks; done += run_length) {
      auto* first = &bands_[symbol * strategies_];
      for (std::size_t i = 0; i < run_length; ++i) {
        auto price = 5000.0 + static_cast<double>(symbol) + walk_[next_++ % walk_.size()];
        for (std::size_t s = 0; s < strategies_; ++s)
          signals += first[s].push(price, 2.0 + 0.05 * static_cast<double>(s));
      }
      symbol = (symbol + 1) % symbols;
    }
    return signals;
  }

private:
  struct bands {
    std::array<double, period> ring{};
    double sum = 0;
    double square_sum = 0;
    std::size_t next = 0;
    std::size_t count = 0;

    int push(double price, double width) {
      auto oldest = ring[next];
      ring[next] = price;
      next = next + 1 == period ? 0 : next + 1;
      sum += price - oldest;
      square_sum += price * price - oldest * oldest;
      if (count < period && ++count < period) return 0;
      auto mean = sum / static_cast<double>(period);
      auto variance = square_sum / static_cast<double>(period) - mean * mean;
      auto half = width * std::sqrt(variance > 0 ? variance : 0);
      return price < mean - half ? 1 : price > mean + half ? -1 : 0;
    }
  };

  std::size_t strategies_;
  std::vector<bands> bands_;
  std::array<double, 4096> walk_{};
  std::uint64_t next_ = 0;
};

} // namespace tickmesh
