// 128-bit integers as Protobuf has room for them: in two's complement, by halves.
#pragma once

#include "messages/numbers.hpp"

#include <cstdint>

namespace tickmesh {

inline std::uint64_t low_half(int128 v) {
  return static_cast<std::uint64_t>(v);
}

inline std::int64_t high_half(int128 v) {
  return static_cast<std::int64_t>(v >> 64);
}

inline int128 join_halves(std::uint64_t low, std::int64_t high) {
  return static_cast<int128>((static_cast<uint128>(static_cast<std::uint64_t>(high)) << 64) | low);
}

} // namespace tickmesh
