// Asks the processor to fetch memory that is about to be used. Only a hint: any address will do.
#pragma once

#include <cstddef>

namespace tickmesh {

inline constexpr std::size_t cache_line_bytes = 64;

inline void prefetch(const void* begin, std::size_t bytes) {
  auto* at = static_cast<const char*>(begin);
  for (auto* end = at + bytes; at < end; at += cache_line_bytes)
    __builtin_prefetch(at);
}

} // namespace tickmesh
