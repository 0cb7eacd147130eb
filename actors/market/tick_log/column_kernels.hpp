// The loops over columns that cost most when blocks are made and read, for vector instructions.
// Used by column_codec and tick_block. Arithmetic is modulo 2^64.
#pragma once

#include "actors/market/tick_log/exact_division.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tickmesh {

bool all_equal(std::span<const std::int64_t> values, std::int64_t to);
bool contains(std::span<const std::int64_t> values, std::int64_t what);
std::size_t count_different(std::span<const std::int64_t> values, std::int64_t from);
/// The least of at least one value.
std::int64_t least_of(std::span<const std::int64_t> values);

/// values[i] - values[i - 1]; the first is 0. `out` is another column of the same size.
void write_differences(std::span<const std::int64_t> values, std::int64_t* out);
void subtract(std::span<const std::int64_t> values, std::int64_t what, std::int64_t* out);
void subtract_from(std::span<std::int64_t> values, const std::int64_t* what);
void add_to(std::span<std::int64_t> values, const std::int64_t* what);

bool divides_all(const exact_division& by, std::span<const std::int64_t> values);

/// What a column was turned into.
struct coded_column {
  std::uint64_t bits = 0; ///< of all results together
  bool is_exact = true;   ///< as far as can be told quickly, all were divisible
};
/// Differences as of write_differences, divided, their signs folded.
coded_column code_differences(std::span<const std::int64_t> values, const exact_division& by,
                              std::int64_t* out);
/// values[i] - least, divided.
coded_column code_distances(std::span<const std::int64_t> values, std::int64_t least,
                            const exact_division& by, std::int64_t* out);
void multiply(std::span<std::int64_t> values, std::int64_t by);

/// Folding turns signed to unsigned so that small magnitudes stay small: 0, -1, 1, -2 to 0, 1, 2,
/// 3. This is the way back.
void unfold_signs(std::span<std::int64_t> values);

/// Writes byte `index` (0: the lowest) of each value.
void write_plane(std::span<const std::int64_t> values, std::size_t index, unsigned char* out);
/// Puts values together from `width` planes that stand one behind the other.
void read_planes(const unsigned char* planes, std::size_t width, std::span<std::int64_t> out);

/// Bytes that `count` values of `bits` bits each take, packed.
constexpr std::size_t packed_plane_bytes(std::size_t count, unsigned bits) {
  return (count + 7) / 8 * bits;
}
/// Packs bytes below 2^bits (1 to 7), eight into `bits` bytes. `plane` and `out` have room for
/// whole eights; what `plane` has behind `count` is not kept.
void pack_plane(unsigned char* plane, std::size_t count, unsigned bits, unsigned char* out);
/// Unpacks `count` bytes; `bytes` has the length of packed_plane_bytes.
void unpack_plane(const unsigned char* bytes, std::size_t count, unsigned bits,
                  unsigned char* plane);

/// What a symbol traded in full: `factor` x volume units x price units.
struct turnover_model {
  std::uint64_t volume_unit = 1;
  std::uint64_t price_unit = 1;
  std::int64_t factor = 0;
};

/// Adds `model.factor` x volume x price, in units, to each turnover.
void add_expected_turnover(const turnover_model& model, std::span<std::int64_t> turnovers,
                           const std::int64_t* volumes, const std::int64_t* prices);

} // namespace tickmesh
