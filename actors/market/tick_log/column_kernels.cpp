#include "actors/market/tick_log/column_kernels.hpp"

#include "messages/vector_clones.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace tickmesh {

namespace {

using word = std::uint64_t;

constexpr word unsigned_of(std::int64_t v) {
  return static_cast<word>(v);
}
constexpr std::int64_t signed_of(word v) {
  return static_cast<std::int64_t>(v);
}

constexpr word fold_sign(std::int64_t v) {
  return (unsigned_of(v) << 1) ^ unsigned_of(v < 0 ? -1 : 0);
}

/// The low `bits` of each lane of `width` bits.
constexpr word low_bits(unsigned bits, unsigned width) {
  word lane = (word{1} << bits) - 1;
  word out = 0;
  for (unsigned at = 0; at < 64; at += width)
    out |= lane << at;
  return out;
}

/// Eight bytes of at most `Bits` bits, packed into the low 8 x Bits: first pairs of lanes are moved
/// together, then pairs of pairs.
template <unsigned Bits>
[[gnu::always_inline]] inline word pack_eight(word v) {
  v = (v & low_bits(Bits, 16)) | ((v >> (8 - Bits)) & (low_bits(Bits, 16) << Bits));
  v = (v & low_bits(2 * Bits, 32)) |
      ((v >> (16 - 2 * Bits)) & (low_bits(2 * Bits, 32) << 2 * Bits));
  return (v & low_bits(4 * Bits, 64)) |
         ((v >> (32 - 4 * Bits)) & (low_bits(4 * Bits, 64) << 4 * Bits));
}

template <unsigned Bits>
[[gnu::always_inline]] inline word unpack_eight(word v) {
  v = (v & low_bits(4 * Bits, 64)) | ((v << (32 - 4 * Bits)) & (low_bits(4 * Bits, 64) << 32));
  v = (v & low_bits(2 * Bits, 32)) | ((v << (16 - 2 * Bits)) & (low_bits(2 * Bits, 32) << 16));
  return (v & low_bits(Bits, 16)) | ((v << (8 - Bits)) & (low_bits(Bits, 16) << 8));
}

template <unsigned Bits>
void pack_bytes(const unsigned char* plane, std::size_t count, unsigned char* out) {
  for (std::size_t i = 0; i < count; i += 8, out += Bits) {
    word eight = 0;
    std::memcpy(&eight, plane + i, 8);
    eight = pack_eight<Bits>(eight);
    std::memcpy(out, &eight, Bits);
  }
}

template <unsigned Bits>
void unpack_bytes(const unsigned char* bytes, std::size_t count, unsigned char* plane) {
  for (std::size_t i = 0; i < count; i += 8, bytes += Bits) {
    word eight = 0;
    std::memcpy(&eight, bytes, Bits);
    eight = unpack_eight<Bits>(eight);
    std::memcpy(plane + i, &eight, std::min<std::size_t>(8, count - i));
  }
}

template <std::size_t Width>
[[gnu::always_inline]] inline void join_planes(const unsigned char* planes, std::size_t count,
                                               std::int64_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    word value = 0;
    for (std::size_t p = 0; p < Width; ++p)
      value |= word{planes[p * count + i]} << (8 * p);
    out[i] = signed_of(value);
  }
}

} // namespace

TICKMESH_VECTOR_CLONES
bool all_equal(std::span<const std::int64_t> values, std::int64_t to) {
  word different = 0;
  for (auto v : values)
    different |= unsigned_of(v ^ to);
  return different == 0;
}

TICKMESH_VECTOR_CLONES
bool contains(std::span<const std::int64_t> values, std::int64_t what) {
  word found = 0;
  for (auto v : values)
    found |= v == what ? 1U : 0U;
  return found != 0;
}

TICKMESH_VECTOR_CLONES
std::size_t count_different(std::span<const std::int64_t> values, std::int64_t from) {
  word different = 0;
  for (auto v : values)
    different += v != from ? 1U : 0U;
  return different;
}

TICKMESH_VECTOR_CLONES
std::int64_t least_of(std::span<const std::int64_t> values) {
  auto least = values.front();
  for (auto v : values)
    least = v < least ? v : least;
  return least;
}

TICKMESH_VECTOR_CLONES
void write_differences(std::span<const std::int64_t> values, std::int64_t* out) {
  auto* from = values.data();
  out[0] = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    out[i] = signed_of(unsigned_of(from[i]) - unsigned_of(from[i - 1]));
}

TICKMESH_VECTOR_CLONES
void subtract(std::span<const std::int64_t> values, std::int64_t what, std::int64_t* out) {
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = signed_of(unsigned_of(values[i]) - unsigned_of(what));
}

TICKMESH_VECTOR_CLONES
void subtract_from(std::span<std::int64_t> values, const std::int64_t* what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = signed_of(unsigned_of(values[i]) - unsigned_of(what[i]));
}

TICKMESH_VECTOR_CLONES
void add_to(std::span<std::int64_t> values, const std::int64_t* what) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = signed_of(unsigned_of(values[i]) + unsigned_of(what[i]));
}

TICKMESH_VECTOR_CLONES
bool divides_all(const exact_division& by, std::span<const std::int64_t> values) {
  word odd_ones = 0;
  for (auto v : values)
    odd_ones |= by.divides(v) ? 0U : 1U;
  return odd_ones == 0;
}

TICKMESH_VECTOR_CLONES
coded_column code_differences(std::span<const std::int64_t> values, const exact_division& by,
                              std::int64_t* out) {
  auto* from = values.data();
  word magnitudes = 0, differences = 0, bits = 0;
  out[0] = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    auto difference = signed_of(unsigned_of(from[i]) - unsigned_of(from[i - 1]));
    auto quotient = by.quotient(difference);
    auto folded = fold_sign(quotient);
    differences |= unsigned_of(difference);
    magnitudes |= unsigned_of(quotient < 0 ? ~quotient : quotient);
    bits |= folded;
    out[i] = signed_of(folded);
  }
  return {bits, by.divides_below(magnitudes, differences)};
}

TICKMESH_VECTOR_CLONES
coded_column code_distances(std::span<const std::int64_t> values, std::int64_t least,
                            const exact_division& by, std::int64_t* out) {
  auto* from = values.data();
  word magnitudes = 0, distances = 0, bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto distance = signed_of(unsigned_of(from[i]) - unsigned_of(least));
    auto quotient = by.quotient(distance);
    distances |= unsigned_of(distance);
    magnitudes |= unsigned_of(quotient < 0 ? ~quotient : quotient);
    bits |= unsigned_of(quotient);
    out[i] = quotient;
  }
  return {bits, by.divides_below(magnitudes, distances)};
}

TICKMESH_VECTOR_CLONES
void multiply(std::span<std::int64_t> values, std::int64_t by) {
  for (auto& v : values)
    v = signed_of(unsigned_of(v) * unsigned_of(by));
}

TICKMESH_VECTOR_CLONES
void unfold_signs(std::span<std::int64_t> values) {
  for (auto& v : values)
    v = signed_of((unsigned_of(v) >> 1) ^ (0 - (unsigned_of(v) & 1)));
}

TICKMESH_VECTOR_CLONES
void write_plane(std::span<const std::int64_t> values, std::size_t index, unsigned char* out) {
  auto shift = 8 * index;
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = static_cast<unsigned char>(unsigned_of(values[i]) >> shift);
}

TICKMESH_VECTOR_CLONES
void read_planes(const unsigned char* planes, std::size_t width, std::span<std::int64_t> out) {
  switch (width) {
  case 0: return join_planes<0>(planes, out.size(), out.data());
  case 1: return join_planes<1>(planes, out.size(), out.data());
  case 2: return join_planes<2>(planes, out.size(), out.data());
  case 3: return join_planes<3>(planes, out.size(), out.data());
  case 4: return join_planes<4>(planes, out.size(), out.data());
  case 5: return join_planes<5>(planes, out.size(), out.data());
  case 6: return join_planes<6>(planes, out.size(), out.data());
  case 7: return join_planes<7>(planes, out.size(), out.data());
  default: return join_planes<8>(planes, out.size(), out.data());
  }
}

void pack_plane(unsigned char* plane, std::size_t count, unsigned bits, unsigned char* out) {
  std::memset(plane + count, 0, (8 - count % 8) % 8);
  switch (bits) {
  case 1: return pack_bytes<1>(plane, count, out);
  case 2: return pack_bytes<2>(plane, count, out);
  case 3: return pack_bytes<3>(plane, count, out);
  case 4: return pack_bytes<4>(plane, count, out);
  case 5: return pack_bytes<5>(plane, count, out);
  case 6: return pack_bytes<6>(plane, count, out);
  default: return pack_bytes<7>(plane, count, out);
  }
}

void unpack_plane(const unsigned char* bytes, std::size_t count, unsigned bits,
                  unsigned char* plane) {
  switch (bits) {
  case 1: return unpack_bytes<1>(bytes, count, plane);
  case 2: return unpack_bytes<2>(bytes, count, plane);
  case 3: return unpack_bytes<3>(bytes, count, plane);
  case 4: return unpack_bytes<4>(bytes, count, plane);
  case 5: return unpack_bytes<5>(bytes, count, plane);
  case 6: return unpack_bytes<6>(bytes, count, plane);
  default: return unpack_bytes<7>(bytes, count, plane);
  }
}

TICKMESH_VECTOR_CLONES
void add_expected_turnover(const turnover_model& model, std::span<std::int64_t> turnovers,
                           const std::int64_t* volumes, const std::int64_t* prices) {
  exact_division volume{model.volume_unit}, last{model.price_unit};
  for (std::size_t i = 0; i < turnovers.size(); ++i) {
    auto expected = unsigned_of(model.factor) * unsigned_of(volume.quotient(volumes[i])) *
                    unsigned_of(last.quotient(prices[i]));
    turnovers[i] = signed_of(unsigned_of(turnovers[i]) + expected);
  }
}

} // namespace tickmesh
