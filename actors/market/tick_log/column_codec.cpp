#include "actors/market/tick_log/column_codec.hpp"

#include "actors/market/tick_log/column_kernels.hpp"
#include "actors/market/tick_log/exact_division.hpp"

#include <fmt/format.h>

#define ZSTD_STATIC_LINKING_ONLY // for ZSTD_c_literalCompressionMode
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

namespace tickmesh {

namespace {

// The first byte of a column.
constexpr char constant_mode = 0;
constexpr char plain_mode = 1;
constexpr char difference_mode = 2;

// A plane's bytes hardly ever repeat in stretches: what shrinks them is the Huffman code, so the
// search for stretches is all but left out.
constexpr int fast_compression = -200;
constexpr int hash_table_log = 10;
constexpr std::size_t sampled_rows = 64;

// The form of a plane, where it is not the number of bits that are packed.
constexpr unsigned char whole_bytes = 8;
constexpr unsigned char compressed = 9;

/// A frame costs a table of codes, in bytes and much more in time: bits are packed unless a frame
/// is likely to be smaller by more than this part of them.
constexpr double frame_gain_min = 0.2;
constexpr double frame_bytes = 48;
constexpr std::size_t counted_bytes_max = 256;
constexpr std::size_t compressed_bytes_min = 64; ///< less is not worth a frame
constexpr std::size_t varint_bytes_max = 10;
constexpr std::size_t width_max = 8;
constexpr std::size_t exceptions_width = 9; ///< in the place of a number of planes
constexpr std::size_t values_per_exception_min = 32;

std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}

std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

std::uint64_t magnitude(std::int64_t v) {
  return v < 0 ? 0 - static_cast<std::uint64_t>(v) : static_cast<std::uint64_t>(v);
}

std::size_t bits_of(std::uint64_t v) {
  return static_cast<std::size_t>(std::bit_width(v));
}

/// Rough size of the first values and of the differences between them, in bits: whether the latter
/// is less.
bool smaller_by_difference(std::span<const std::int64_t> values) {
  auto sample = values.first(std::min(values.size(), sampled_rows));
  auto least = *std::min_element(sample.begin(), sample.end());
  std::size_t plain = 0, by_difference = 0;
  for (std::size_t i = 1; i < sample.size(); ++i) {
    plain += bits_of(static_cast<std::uint64_t>(wrapping_subtract(sample[i], least)));
    by_difference += bits_of(zigzag(wrapping_subtract(sample[i], sample[i - 1])));
  }
  return by_difference <= plain;
}

/// The unit of the first differences that are not 0: mostly that of all values.
std::uint64_t sampled_unit(std::span<const std::int64_t> values, bool by_difference) {
  std::array<std::int64_t, sampled_rows> sample;
  std::size_t count = 0;
  for (std::size_t i = 1; i < values.size() && count < sample.size(); ++i)
    if (auto from = by_difference ? values[i - 1] : values[0]; values[i] != from)
      sample[count++] = wrapping_subtract(values[i], from);
  return common_unit(std::span{sample}.first(count));
}

/// n log2 n of small numbers.
const auto n_log_n = [] {
  std::array<float, counted_bytes_max + 1> out{};
  for (std::size_t n = 1; n < out.size(); ++n)
    out[n] = static_cast<float>(n) * std::log2(static_cast<float>(n));
  return out;
}();

/// How many bytes a Huffman code would make of a plane, judged by some of its bytes.
double estimate_coded_bytes(std::span<const unsigned char> plane) {
  std::array<std::uint16_t, 256> counts{};
  auto step = (plane.size() + counted_bytes_max - 1) / counted_bytes_max;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < plane.size(); i += step, ++counted)
    ++counts[plane[i]];
  float sum = 0;
  for (auto n : counts)
    sum += n_log_n[n];
  double bits = (n_log_n[counted] - sum) / static_cast<float>(counted);
  return static_cast<double>(plane.size()) * bits / 8 + frame_bytes;
}

tl::unexpected<fault> malformed(std::string_view what) {
  return fail(fmt::format("a malformed column: {}", what));
}

} // namespace

std::uint64_t common_unit(std::span<const std::int64_t> values) {
  auto first = std::find_if(values.begin(), values.end(), [](std::int64_t v) { return v != 0; });
  if (first == values.end() || *first == INT64_MIN) return 1;
  auto rest = std::span{first, values.end()};
  auto unit = magnitude(*first);
  exact_division by{unit};
  // A few values mostly tell; the loop for vector instructions then agrees.
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (i == sampled_rows / 4 && divides_all(by, rest.subspan(i))) return unit;
    auto v = rest[i];
    if (by.divides(v)) continue;
    unit = v == INT64_MIN ? 1 : std::gcd(unit, magnitude(v));
    if (unit == 1) return 1;
    by = exact_division{unit};
  }
  return unit;
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < varint_bytes_max; ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

column_encoder::column_encoder() : compressor_(ZSTD_createCCtx()) {
  ZSTD_CCtx_setParameter(compressor_, ZSTD_c_compressionLevel, fast_compression);
  ZSTD_CCtx_setParameter(compressor_, ZSTD_c_hashLog, hash_table_log);
  ZSTD_CCtx_setParameter(compressor_, ZSTD_c_contentSizeFlag, 0);
  // Fast levels leave this out; where the library doesn't have it, frames are larger.
  ZSTD_CCtx_setParameter(compressor_, ZSTD_c_literalCompressionMode, ZSTD_ps_enable);
}

column_encoder::~column_encoder() {
  ZSTD_freeCCtx(compressor_);
}

void column_encoder::append_constant(std::string& out, std::int64_t value) {
  out.push_back(constant_mode);
  append_varint(out, zigzag(value));
}

void column_encoder::append(std::string& out, std::span<const std::int64_t> values) {
  auto first = values.front();
  if (values.back() == first && all_equal(values, first)) return append_constant(out, first);
  bool by_difference = smaller_by_difference(values);
  auto base = by_difference ? first : least_of(values);
  if (work_.size() < values.size()) work_.resize(values.size());
  auto* work = work_.data();
  auto code = [&](std::uint64_t unit) {
    exact_division by{unit};
    return by_difference ? code_differences(values, by, work)
                         : code_distances(values, base, by, work);
  };
  auto unit = sampled_unit(values, by_difference);
  auto coded = code(unit);
  if (!coded.is_exact) {
    if (by_difference)
      write_differences(values, work);
    else
      subtract(values, base, work);
    unit = common_unit(std::span{work, values.size()});
    coded = code(unit);
  }
  out.push_back(by_difference ? difference_mode : plain_mode);
  append_varint(out, zigzag(base));
  append_varint(out, unit);
  std::span<const std::int64_t> result{work, values.size()};
  if (!append_exceptions(out, result)) append_planes(out, result, coded.bits);
}

/// Appends a column that has one value almost everywhere; false, and nothing, where it has not.
bool column_encoder::append_exceptions(std::string& out, std::span<const std::int64_t> values) {
  auto usual = values[values.size() / 2];
  auto exceptions = count_different(values, usual);
  if (exceptions * values_per_exception_min > values.size()) return false;
  append_varint(out, exceptions_width);
  append_varint(out, static_cast<std::uint64_t>(usual));
  append_varint(out, exceptions);
  std::size_t next = 0;
  for (std::size_t i = 0; i < values.size() && exceptions > 0; ++i) {
    if (values[i] == usual) continue;
    append_varint(out, i - next);
    append_varint(out, static_cast<std::uint64_t>(values[i]));
    next = i + 1;
    --exceptions;
  }
  return true;
}

void column_encoder::append_planes(std::string& out, std::span<const std::int64_t> values,
                                   std::uint64_t bits) {
  auto count = values.size();
  auto width = bits_of(bits);
  append_varint(out, (width + 7) / 8);
  plane_.resize(count + 8);
  for (std::size_t p = 0; 8 * p < width; ++p) {
    write_plane(values, p, plane_.data());
    // A whole plane below the highest one has all its bits.
    auto plane_bits = static_cast<unsigned>(std::min<std::size_t>(8, width - 8 * p));
    auto packed_bytes = plane_bits == 8 ? count : packed_plane_bytes(count, plane_bits);
    auto worth_bytes = (1 - frame_gain_min) * static_cast<double>(packed_bytes);
    if (packed_bytes >= compressed_bytes_min &&
        estimate_coded_bytes({plane_.data(), count}) < worth_bytes &&
        append_compressed(out, count, packed_bytes))
      continue;
    out.push_back(static_cast<char>(plane_bits));
    auto begin = out.size();
    out.resize(begin + packed_bytes);
    auto* to = reinterpret_cast<unsigned char*>(out.data() + begin);
    if (plane_bits == whole_bytes)
      std::memcpy(to, plane_.data(), count);
    else
      pack_plane(plane_.data(), count, plane_bits, to);
  }
}

/// Appends the plane as a frame; false, and nothing, when that is not smaller.
bool column_encoder::append_compressed(std::string& out, std::size_t count, std::size_t bytes_max) {
  frame_.resize(ZSTD_compressBound(count));
  auto size = ZSTD_compress2(compressor_, frame_.data(), frame_.size(), plane_.data(), count);
  if (ZSTD_isError(size) || size >= bytes_max) return false;
  out.push_back(static_cast<char>(compressed));
  append_varint(out, size);
  out.append(frame_.data(), size);
  return true;
}

column_decoder::column_decoder() : decompressor_(ZSTD_createDCtx()) {}

column_decoder::~column_decoder() {
  ZSTD_freeDCtx(decompressor_);
}

result<void> column_decoder::decode(std::string_view bytes, std::span<std::int64_t> out) {
  if (bytes.empty()) return malformed("it is empty");
  auto mode = bytes.front();
  bytes.remove_prefix(1);
  std::uint64_t base = 0, unit = 0;
  if (mode != constant_mode && mode != plain_mode && mode != difference_mode)
    return malformed(fmt::format("mode {}", static_cast<int>(mode)));
  if (!take_varint(bytes, base)) return malformed("no first value");
  if (mode == constant_mode) {
    if (!bytes.empty()) return malformed("more than a constant");
    std::fill(out.begin(), out.end(), unzigzag(base));
    return {};
  }
  if (!take_varint(bytes, unit) || unit == 0) return malformed("no unit");
  if (auto done = decode_planes(bytes, out); !done) return done;
  if (mode == difference_mode) unfold_signs(out);
  if (unit > 1) multiply(out, static_cast<std::int64_t>(unit));
  auto value = unzigzag(base);
  if (mode == plain_mode) {
    subtract(out, wrapping_subtract(0, value), out.data());
    return {};
  }
  for (auto& v : out)
    v = value = wrapping_add(value, v);
  return {};
}

result<void> column_decoder::decode_planes(std::string_view bytes, std::span<std::int64_t> out) {
  std::uint64_t width = 0;
  if (!take_varint(bytes, width)) return malformed("no width");
  if (width == exceptions_width) return decode_exceptions(bytes, out);
  if (width > width_max) return malformed("its width");
  planes_.resize(width * out.size());
  for (std::size_t p = 0; p < width; ++p)
    if (!decode_plane(bytes, planes_.data() + p * out.size(), out.size()))
      return malformed(fmt::format("plane {}", p));
  if (!bytes.empty()) return malformed("it has too many bytes");
  read_planes(planes_.data(), width, out);
  return {};
}

result<void> column_decoder::decode_exceptions(std::string_view bytes,
                                               std::span<std::int64_t> out) {
  std::uint64_t usual = 0, exceptions = 0, gap = 0, value = 0;
  if (!take_varint(bytes, usual) || !take_varint(bytes, exceptions))
    return malformed("no usual value");
  std::fill(out.begin(), out.end(), static_cast<std::int64_t>(usual));
  for (auto rest = out; exceptions > 0; --exceptions) {
    if (!take_varint(bytes, gap) || !take_varint(bytes, value) || gap >= rest.size())
      return malformed("an exception");
    rest[gap] = static_cast<std::int64_t>(value);
    rest = rest.subspan(gap + 1);
  }
  if (!bytes.empty()) return malformed("it has too many bytes");
  return {};
}

/// Takes a plane off the front.
bool column_decoder::decode_plane(std::string_view& bytes, unsigned char* plane,
                                  std::size_t count) {
  if (bytes.empty()) return false;
  auto form = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  std::uint64_t size = form == whole_bytes ? count : packed_plane_bytes(count, form);
  if (form == 0 || form > compressed) return false;
  if (form == compressed && !take_varint(bytes, size)) return false;
  if (size > bytes.size()) return false;
  auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  if (form == whole_bytes)
    std::memcpy(plane, from, count);
  else if (form < whole_bytes)
    unpack_plane(from, count, form, plane);
  else if (ZSTD_decompressDCtx(decompressor_, plane, count, from, size) != count)
    return false;
  bytes.remove_prefix(size);
  return true;
}

} // namespace tickmesh
