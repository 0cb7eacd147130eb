#include "actors/market/tick_log/column_codec.hpp"

#include "actors/market/tick_log/column_kernels.hpp"
#include "actors/market/tick_log/exact_division.hpp"

#include <fmt/format.h>

#define ZSTD_STATIC_LINKING_ONLY // for ZSTD_c_literalCompressionMode
#include <zstd.h>

#include <algorithm>
#include <bit>
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
constexpr int compression_level = -200;
constexpr int hash_table_log = 10;
constexpr std::size_t compressed_bytes_min = 48; ///< less is not worth a frame
constexpr std::size_t sampled_rows = 256;
constexpr std::size_t varint_bytes_max = 10;
constexpr std::size_t width_max = 8;

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

/// The unit of the first values that are not 0: mostly that of all.
std::uint64_t sampled_unit(std::span<const std::int64_t> values) {
  auto first = std::find_if(values.begin(), values.end(), [](std::int64_t v) { return v != 0; });
  std::span rest{first, values.end()};
  return common_unit(rest.first(std::min(rest.size(), sampled_rows / 4)));
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
  ZSTD_CCtx_setParameter(compressor_, ZSTD_c_compressionLevel, compression_level);
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
  std::span work{work_.data(), values.size()};
  auto write_work = [&] {
    if (by_difference)
      write_differences(values, work.data());
    else
      subtract(values, base, work.data());
  };
  write_work();
  auto unit = sampled_unit(work);
  if (unit > 1 && !divide(work, exact_division{unit})) {
    write_work();
    unit = common_unit(work);
    if (unit > 1) divide(work, exact_division{unit});
  }
  if (by_difference) fold_signs(work);
  out.push_back(by_difference ? difference_mode : plain_mode);
  append_varint(out, zigzag(base));
  append_varint(out, unit);
  append_planes(out, work);
}

void column_encoder::append_planes(std::string& out, std::span<const std::int64_t> values) {
  auto width = bytes_of_greatest(values);
  append_varint(out, width);
  plane_.resize(values.size());
  frame_.resize(ZSTD_compressBound(values.size()));
  for (std::size_t p = 0; p < width; ++p) {
    write_plane(values, p, plane_.data());
    auto size = values.size();
    if (size >= compressed_bytes_min)
      size = ZSTD_compress2(compressor_, frame_.data(), frame_.size(), plane_.data(), size);
    bool smaller = !ZSTD_isError(size) && size < values.size();
    append_varint(out, smaller ? size : values.size());
    if (smaller)
      out.append(frame_.data(), size);
    else
      out.append(reinterpret_cast<const char*>(plane_.data()), values.size());
  }
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
  if (!take_varint(bytes, width) || width > width_max) return malformed("its width");
  planes_.resize(width * out.size());
  for (auto* plane = planes_.data(); plane != planes_.data() + planes_.size();
       plane += out.size()) {
    std::uint64_t size = 0;
    if (!take_varint(bytes, size) || size > bytes.size() || size > out.size())
      return malformed("the length of a plane");
    if (size == out.size()) {
      std::memcpy(plane, bytes.data(), size);
    } else {
      auto got = ZSTD_decompressDCtx(decompressor_, plane, out.size(), bytes.data(), size);
      if (ZSTD_isError(got) || got != out.size()) return malformed("it does not decompress");
    }
    bytes.remove_prefix(size);
  }
  if (!bytes.empty()) return malformed("it has too many bytes");
  read_planes(planes_.data(), width, out);
  return {};
}

} // namespace tickmesh
