#include "messages/packed_column.hpp"

#include "messages/vector_clones.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>

namespace tickmesh {

namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint8_t unit_flag = 1 << 6;
constexpr std::uint8_t absent_flag = 1 << 7;

/// Distances are divided by a unit in doubles when, without the unit's factors of two, they are
/// below this: then a quotient has less than half a unit of error before it is rounded.
constexpr std::uint64_t divided_below = 1ULL << 51;

constexpr double double_of_two_52 = 4503599627370496.0;
constexpr std::uint64_t bits_of_two_52 = std::bit_cast<std::uint64_t>(double_of_two_52);
constexpr std::uint64_t fraction_bits = (1ULL << 52) - 1;

unsigned width_code(std::uint64_t distance_max) {
  if (distance_max == 0) return 0;
  if (distance_max <= UINT8_MAX) return 1;
  if (distance_max <= UINT16_MAX) return 2;
  return distance_max <= UINT32_MAX ? 3 : 4;
}

unsigned base_code(std::int64_t base) {
  if (base == 0) return 0;
  if (base == static_cast<std::int8_t>(base)) return 1;
  if (base == static_cast<std::int16_t>(base)) return 2;
  return base == static_cast<std::int32_t>(base) ? 3 : 4;
}

struct extremes {
  std::int64_t least;
  std::int64_t most;
};

TICKMESH_VECTOR_CLONES
extremes find_extremes(const std::int64_t* values, std::size_t count) {
  extremes out{values[0], values[0]};
  for (std::size_t i = 0; i < count; ++i) {
    out.least = values[i] < out.least ? values[i] : out.least;
    out.most = values[i] > out.most ? values[i] : out.most;
  }
  return out;
}

TICKMESH_VECTOR_CLONES
std::int64_t find_least_present(const std::int64_t* values, std::size_t count) {
  std::int64_t least = INT64_MAX;
  for (std::size_t i = 0; i < count; ++i) {
    auto v = values[i] == absent_value ? INT64_MAX : values[i];
    least = v < least ? v : least;
  }
  return least;
}

/// Writes (value - base) / unit per value; false when one is not divisible. In doubles, which hold
/// every integer below 2^53: adding 2^52 rounds to an integer and leaves it in the low bits.
template <class Width, bool Divided, bool Absent>
[[gnu::always_inline]] inline bool write_distances(const std::int64_t* values, std::size_t count,
                                                   std::uint64_t base, std::uint64_t unit,
                                                   char* out) {
  auto twos = std::countr_zero(unit);
  auto odd = static_cast<double>(unit >> twos);
  auto inverse = 1.0 / odd;
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto distance = static_cast<std::uint64_t>(values[i]) - base;
    if constexpr (Divided) {
      auto shifted = distance >> twos;
      auto exact = std::bit_cast<double>(shifted | bits_of_two_52) - double_of_two_52;
      auto rounded = exact * inverse + double_of_two_52;
      auto product = (rounded - double_of_two_52) * odd;
      auto difference =
          (std::bit_cast<std::uint64_t>(product) ^ std::bit_cast<std::uint64_t>(exact)) |
          ((shifted << twos) ^ distance);
      rest |= Absent && values[i] == absent_value ? 0 : difference;
      distance = std::bit_cast<std::uint64_t>(rounded) & fraction_bits;
    }
    if constexpr (Absent) distance = values[i] == absent_value ? 0 : distance + 1;
    auto narrow = static_cast<Width>(distance);
    std::memcpy(out + i * sizeof narrow, &narrow, sizeof narrow);
  }
  return rest == 0;
}

struct distance_form {
  std::uint64_t base;
  std::uint64_t unit;
  unsigned width;
  bool absent;
};

template <class Width>
[[gnu::always_inline]] inline bool write_as(const std::int64_t* values, std::size_t count,
                                            const distance_form& form, char* out) {
  if (form.absent)
    return form.unit > 1
               ? write_distances<Width, true, true>(values, count, form.base, form.unit, out)
               : write_distances<Width, false, true>(values, count, form.base, 1, out);
  return form.unit > 1
             ? write_distances<Width, true, false>(values, count, form.base, form.unit, out)
             : write_distances<Width, false, false>(values, count, form.base, 1, out);
}

TICKMESH_VECTOR_CLONES
bool write_column(const std::int64_t* values, std::size_t count, const distance_form& form,
                  char* out) {
  switch (form.width) {
  case 1: return write_as<std::uint8_t>(values, count, form, out);
  case 2: return write_as<std::uint16_t>(values, count, form, out);
  case 3: return write_as<std::uint32_t>(values, count, form, out);
  default: return write_as<std::uint64_t>(values, count, form, out);
  }
}

std::uint64_t find_unit(std::span<const std::int64_t> values, std::uint64_t base,
                        std::uint64_t unit) {
  for (auto v : values) {
    auto distance = static_cast<std::uint64_t>(v) - base;
    if (v == absent_value || distance == 0) continue;
    if (unit == 0 || distance % unit != 0) unit = std::gcd(unit, distance);
    if (unit == 1) break;
  }
  return unit;
}

template <class Width, bool Absent>
[[gnu::always_inline]] inline void read_distances(const char* bytes, std::uint64_t base,
                                                  std::uint64_t unit, std::int64_t* out,
                                                  std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Width narrow;
    std::memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow);
    std::uint64_t distance = narrow;
    if constexpr (Absent)
      out[i] =
          distance == 0 ? absent_value : static_cast<std::int64_t>(base + unit * (distance - 1));
    else
      out[i] = static_cast<std::int64_t>(base + unit * distance);
  }
}

template <class Width>
[[gnu::always_inline]] inline void read_as(const char* bytes, const distance_form& form,
                                           std::int64_t* out, std::size_t count) {
  if (form.absent) return read_distances<Width, true>(bytes, form.base, form.unit, out, count);
  read_distances<Width, false>(bytes, form.base, form.unit, out, count);
}

TICKMESH_VECTOR_CLONES
void read_column(const char* bytes, const distance_form& form, std::int64_t* out,
                 std::size_t count) {
  switch (form.width) {
  case 1: return read_as<std::uint8_t>(bytes, form, out, count);
  case 2: return read_as<std::uint16_t>(bytes, form, out, count);
  case 3: return read_as<std::uint32_t>(bytes, form, out, count);
  default: return read_as<std::uint64_t>(bytes, form, out, count);
  }
}

template <class Number>
Number read_number(const char* bytes) {
  Number out;
  std::memcpy(&out, bytes, sizeof out);
  return out;
}

std::int64_t read_base(const char* bytes, unsigned width) {
  switch (width) {
  case 0: return 0;
  case 1: return read_number<std::int8_t>(bytes);
  case 2: return read_number<std::int16_t>(bytes);
  case 4: return read_number<std::int32_t>(bytes);
  default: return read_number<std::int64_t>(bytes);
  }
}

struct packed_head {
  distance_form form;
  const char* distances;
};

/// Reads what stands before the distances.
std::optional<packed_head> read_head(std::uint8_t descriptor, const char* bytes) {
  unsigned base_width = packed_widths[(descriptor >> 3) & 7];
  if (base_width > 8 || packed_widths[descriptor & 7] > 8) return std::nullopt;
  auto base = static_cast<std::uint64_t>(read_base(bytes, base_width));
  bytes += base_width;
  distance_form form{base, 1, descriptor & 7u, (descriptor & absent_flag) != 0};
  if (descriptor & unit_flag) {
    form.unit = read_number<std::uint64_t>(bytes);
    bytes += sizeof form.unit;
    if (form.unit == 0) return std::nullopt;
  }
  return packed_head{form, bytes};
}

} // namespace

packed_end pack_constant(std::int64_t value, char* out) {
  if (value == absent_value) return {absent_flag, out};
  auto code = base_code(value);
  std::memcpy(out, &value, sizeof value);
  return {static_cast<std::uint8_t>(code << 3), out + packed_widths[code]};
}

packed_end pack_column(std::span<const std::int64_t> values, std::uint64_t& unit, char* out) {
  auto range = find_extremes(values.data(), values.size());
  if (range.least == range.most) return pack_constant(range.least, out);
  bool absent = range.least == absent_value;
  if (absent) range.least = find_least_present(values.data(), values.size());
  auto base = static_cast<std::uint64_t>(range.least);
  auto distance_max = static_cast<std::uint64_t>(range.most) - base;
  if (unit == 0) unit = find_unit(values, base, unit);

  auto code = base_code(range.least);
  std::memcpy(out, &range.least, sizeof range.least);
  out += packed_widths[code];
  while (true) {
    bool divided = unit > 1 && (distance_max >> std::countr_zero(unit)) < divided_below;
    distance_form form{base, divided ? unit : 1, 0, absent};
    // Exact when the unit fits; when it does not, write_column says so.
    auto quotient = divided ? distance_max / unit : distance_max;
    form.width = width_code(quotient + (absent ? 1 : 0));
    auto* at = out;
    if (divided) {
      std::memcpy(at, &form.unit, sizeof form.unit);
      at += sizeof form.unit;
    }
    if (form.width == 0 || !write_column(values.data(), values.size(), form, at)) {
      unit = find_unit(values, base, unit);
      continue;
    }
    auto descriptor =
        form.width | code << 3 | (divided ? unit_flag : 0u) | (absent ? absent_flag : 0u);
    return {static_cast<std::uint8_t>(descriptor), at + values.size() * packed_widths[form.width]};
  }
}

bool unpack_column(std::uint8_t descriptor, const char* bytes, std::span<std::int64_t> out) {
  auto head = read_head(descriptor, bytes);
  if (!head) return false;
  auto& form = head->form;
  if (form.width == 0)
    std::fill(out.begin(), out.end(),
              form.absent ? absent_value : static_cast<std::int64_t>(form.base));
  else
    read_column(head->distances, form, out.data(), out.size());
  return true;
}

std::optional<std::int64_t> unpack_value(std::uint8_t descriptor, const char* bytes,
                                         std::size_t row) {
  auto head = read_head(descriptor, bytes);
  if (!head) return std::nullopt;
  auto& form = head->form;
  std::uint64_t distance = 0;
  switch (form.width) {
  case 0: break;
  case 1: distance = static_cast<unsigned char>(head->distances[row]); break;
  case 2: distance = read_number<std::uint16_t>(head->distances + 2 * row); break;
  case 3: distance = read_number<std::uint32_t>(head->distances + 4 * row); break;
  default: distance = read_number<std::uint64_t>(head->distances + 8 * row); break;
  }
  if (form.absent && distance-- == 0) return absent_value;
  return static_cast<std::int64_t>(form.base + form.unit * distance);
}

} // namespace tickmesh
