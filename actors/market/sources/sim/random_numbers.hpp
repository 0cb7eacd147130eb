// Random integers that are the same on every machine, for the simulator.
#pragma once

#include "messages/numbers.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace tickmesh {

/// xoshiro256** seeded by SplitMix64 (Blackman and Vigna, "Scrambled linear pseudorandom number
/// generators", 2021).
class random_numbers {
public:
  explicit random_numbers(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15u;
      auto z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    auto& [a, b, c, d] = state_;
    auto drawn = std::rotl(b * 5, 7) * 9;
    auto shifted = b << 17;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = std::rotl(d, 45);
    return drawn;
  }

  /// An integer in [0, limit); the bias is below limit / 2^64.
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>((static_cast<uint128>(next()) * static_cast<uint128>(limit)) >>
                                     64);
  }

private:
  std::array<std::uint64_t, 4> state_{};
};

} // namespace tickmesh
