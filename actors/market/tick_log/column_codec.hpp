// One column of 64-bit integers to and from bytes. Used by tick_block.
//
//   constant:    0, value
//   plain:       1, least value, unit, planes of (value - least) / unit
//   differences: 2, first value, unit, planes of folded (value - value before) / unit
//   planes:      where all but a few values are equal: 9, that value, how many others, and of each
//                the values in between and itself; else
//                their number (bytes of the greatest), then of each, the lowest first, its bytes:
//                form 1 to 8: so many bits of each byte, packed; 9: length, zstd frame
//
// Numbers are variable-length integers, values with folded signs.
#pragma once

#include "messages/result.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace tickmesh {

/// Encodes columns; keeps its memory. For one thread.
class column_encoder {
public:
  column_encoder();
  ~column_encoder();
  column_encoder(const column_encoder&) = delete;
  column_encoder& operator=(const column_encoder&) = delete;

  /// Appends the column, of at least one value. Never fails: all values are representable.
  void append(std::string& out, std::span<const std::int64_t> values);
  /// Appends a column of equal values.
  static void append_constant(std::string& out, std::int64_t value);

private:
  bool append_exceptions(std::string& out, std::span<const std::int64_t> values);
  void append_planes(std::string& out, std::span<const std::int64_t> values, std::uint64_t bits);
  bool append_compressed(std::string& out, std::size_t count, std::size_t bytes_max);

  ZSTD_CCtx_s* compressor_;
  std::vector<std::int64_t> work_;
  std::vector<unsigned char> plane_;
  std::vector<char> frame_;
};

/// Decodes columns; keeps its memory. For one thread.
class column_decoder {
public:
  column_decoder();
  ~column_decoder();
  column_decoder(const column_decoder&) = delete;
  column_decoder& operator=(const column_decoder&) = delete;

  /// Fills `out` from the bytes of one column. Fails on bytes that are not such a column.
  result<void> decode(std::string_view bytes, std::span<std::int64_t> out);

private:
  static result<void> decode_exceptions(std::string_view bytes, std::span<std::int64_t> out);
  bool decode_plane(std::string_view& bytes, unsigned char* plane, std::size_t count);
  result<void> decode_planes(std::string_view bytes, std::span<std::int64_t> out);

  ZSTD_DCtx_s* decompressor_;
  std::vector<unsigned char> planes_;
};

void append_varint(std::string& out, std::uint64_t value);
/// Takes a variable-length integer off the front; false where there is none.
bool take_varint(std::string_view& bytes, std::uint64_t& value);

/// Differences and sums modulo 2^64.
constexpr std::int64_t wrapping_subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
constexpr std::int64_t wrapping_multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

} // namespace tickmesh
