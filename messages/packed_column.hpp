// A column of 64-bit integers in few bytes: a base, a unit that divides every distance from the
// base, and the distances in units with one fixed width. Used by tick_run.
//
//   descriptor (one byte; those of all columns stand before the first column):
//     bits 0-2  width of a distance: 0, 1, 2, 4, 8 bytes for 0 to 4
//     bits 3-5  width of the base, the same; the base is signed
//     bit  6    a unit of eight bytes is stored; else it is 1
//     bit  7    some values are absent (INT64_MIN): distance 0 says so, and the others are one
//     higher
//   column: base, unit, distances; little-endian, each as wide as the descriptor says
//
// A value is base + unit x distance modulo 2^64. A column of zeros has the descriptor 0 and no
// bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace tickmesh {

/// The value that stands for "absent": that of no_price.
inline constexpr std::int64_t absent_value = INT64_MIN;

/// Bytes that `count` values can take at most.
constexpr std::size_t packed_column_size_max(std::size_t count) {
  return 16 + 8 * count;
}

struct packed_end {
  std::uint8_t descriptor = 0;
  char* end = nullptr;
};

/// Packs at least one value; `out` has packed_column_size_max places. `unit` is one that fitted
/// before, or 0; it becomes the largest one that fits both what it fitted before and the values.
packed_end pack_column(std::span<const std::int64_t> values, std::uint64_t& unit, char* out);

/// Packs `count` equal values.
packed_end pack_constant(std::int64_t value, char* out);

/// What a descriptor says of the size of a column, or, added up, of several.
struct packed_size {
  std::size_t fixed = 0;     ///< bytes
  std::size_t per_value = 0; ///< bytes

  constexpr std::size_t of(std::size_t count) const { return fixed + per_value * count; }
  constexpr packed_size& operator+=(packed_size b) {
    fixed += b.fixed;
    per_value += b.per_value;
    return *this;
  }
};

/// Bytes of a base or a distance, by the three bits that tell; of those that mean nothing, more
/// than there can be.
inline constexpr std::array<std::uint32_t, 8> packed_widths{0, 1,        2,        4,
                                                            8, 1U << 24, 1U << 24, 1U << 24};

/// By descriptor.
inline constexpr auto packed_column_sizes = [] {
  std::array<packed_size, 256> out{};
  for (unsigned descriptor = 0; descriptor < out.size(); ++descriptor)
    out[descriptor] = {packed_widths[(descriptor >> 3) & 7] + (descriptor & 0x40 ? 8U : 0U),
                       packed_widths[descriptor & 7]};
  return out;
}();

constexpr packed_size packed_column_size(std::uint8_t descriptor) {
  return packed_column_sizes[descriptor];
}

/// Writes all values of a column, which has the bytes that its descriptor says. False on a
/// descriptor that means nothing and on a unit of 0.
bool unpack_column(std::uint8_t descriptor, const char* bytes, std::span<std::int64_t> out);

/// The value at `row` of such a column; nothing where unpack_column is false.
std::optional<std::int64_t> unpack_value(std::uint8_t descriptor, const char* bytes,
                                         std::size_t row);

} // namespace tickmesh
