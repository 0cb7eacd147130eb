#include "actors/market/tick_log/column_kernels.hpp"

#include "messages/vector_clones.hpp"

#include <bit>

namespace tickmesh {

namespace {

using word = std::uint64_t;

constexpr word unsigned_of(std::int64_t v) {
  return static_cast<word>(v);
}
constexpr std::int64_t signed_of(word v) {
  return static_cast<std::int64_t>(v);
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
bool divide(std::span<std::int64_t> values, const exact_division& by) {
  word magnitudes = 0, rest = 0;
  for (auto& v : values) {
    rest |= unsigned_of(v);
    v = by.quotient(v);
    magnitudes |= unsigned_of(v < 0 ? ~v : v);
  }
  return by.divides_below(magnitudes, rest);
}

TICKMESH_VECTOR_CLONES
void multiply(std::span<std::int64_t> values, std::int64_t by) {
  for (auto& v : values)
    v = signed_of(unsigned_of(v) * unsigned_of(by));
}

TICKMESH_VECTOR_CLONES
void fold_signs(std::span<std::int64_t> values) {
  for (auto& v : values)
    v = signed_of((unsigned_of(v) << 1) ^ unsigned_of(v < 0 ? -1 : 0));
}

TICKMESH_VECTOR_CLONES
void unfold_signs(std::span<std::int64_t> values) {
  for (auto& v : values)
    v = signed_of((unsigned_of(v) >> 1) ^ (0 - (unsigned_of(v) & 1)));
}

TICKMESH_VECTOR_CLONES
std::size_t bytes_of_greatest(std::span<const std::int64_t> values) {
  word bits = 0;
  for (auto v : values)
    bits |= unsigned_of(v);
  return (static_cast<std::size_t>(std::bit_width(bits)) + 7) / 8;
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
