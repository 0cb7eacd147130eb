// The few parts of the Protobuf wire format that ticks need, written and read without generated
// code. Source: https://protobuf.dev/programming-guides/encoding/
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tickmesh::wire_format {

enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

inline constexpr std::uint64_t zigzag(std::int64_t v) {
  return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}

inline constexpr std::int64_t unzigzag(std::uint64_t v) {
  return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1));
}

/// Bytes of an integer field at most: a tag and a number.
inline constexpr std::size_t number_size_max = 15;

/// Writes to `at`, which has room; gives the end. So do the others.
inline char* write_varint(char* at, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7)
    *at++ = static_cast<char>(v | 0x80);
  *at++ = static_cast<char>(v);
  return at;
}

inline char* write_tag(char* at, int field, wire_type type) {
  return write_varint(at,
                      (static_cast<std::uint64_t>(field) << 3) | static_cast<std::uint64_t>(type));
}

/// Leaves a zero out, as proto3 does.
inline char* write_number(char* at, int field, std::uint64_t v) {
  return v == 0 ? at : write_varint(write_tag(at, field, wire_type::varint), v);
}

/// Writes what stands before the bytes of a field of `size` bytes.
inline char* write_bytes_head(char* at, int field, std::size_t size) {
  return write_varint(write_tag(at, field, wire_type::bytes), size);
}

inline void append_number(std::string& out, int field, std::uint64_t v) {
  char buffer[number_size_max];
  out.append(buffer, write_number(buffer, field, v));
}

inline void append_bytes(std::string& out, int field, std::string_view bytes) {
  char buffer[number_size_max];
  out.append(buffer, write_bytes_head(buffer, field, bytes.size()));
  out += bytes;
}

/// Reads an integer and moves `at` behind it; false on a fault.
inline bool read_varint(const char*& at, const char* end, std::uint64_t& out) {
  out = 0;
  for (int shift = 0; shift < 70 && at != end; shift += 7) {
    auto byte = static_cast<unsigned char>(*at++);
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

/// Reads a packed field of integers, of which `out` has all the places; those that the field lacks,
/// as an older writer's does, stay as they are.
inline bool read_packed(std::string_view bytes, std::span<std::uint64_t> out) {
  auto* at = bytes.data();
  auto* end = at + bytes.size();
  for (auto& v : out)
    if (at != end && !read_varint(at, end, v)) return false;
  return at == end;
}

/// Reads the fields of one message. A fault ends the reading: next() is false, and valid() too.
class field_reader {
public:
  explicit field_reader(std::string_view message)
      : at_(message.data()), end_(message.data() + message.size()) {}

  /// Goes on to the next field; false at the end and on a fault.
  bool next() {
    if (at_ == end_ || !valid_) return false;
    start_ = at_;
    std::uint64_t tag = 0;
    valid_ = read_varint(tag) && (tag >> 3) != 0 && (tag >> 32) == 0;
    if (!valid_) return false;
    field_ = static_cast<std::uint32_t>(tag >> 3);
    type_ = static_cast<wire_type>(tag & 7);
    switch (type_) {
    case wire_type::varint: valid_ = read_varint(number_); break;
    case wire_type::bytes:
      valid_ = read_varint(number_) && number_ <= left();
      if (valid_) take(number_);
      break;
    case wire_type::fixed64: valid_ = left() >= 8 && take(8); break;
    case wire_type::fixed32: valid_ = left() >= 4 && take(4); break;
    default: valid_ = false;
    }
    return valid_;
  }

  bool valid() const { return valid_; }

  /// True when the field has this number and is an integer; its value is number().
  bool is_number(std::uint32_t field) const {
    return field_ == field && type_ == wire_type::varint;
  }
  /// True when the field has this number and holds bytes; its value is bytes().
  bool is_bytes(std::uint32_t field) const { return field_ == field && type_ == wire_type::bytes; }

  std::uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }

  /// The field with its tag.
  std::string_view whole() const { return {start_, static_cast<std::size_t>(at_ - start_)}; }

private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  bool take(std::size_t size) {
    bytes_ = {at_, size};
    at_ += size;
    return true;
  }

  bool read_varint(std::uint64_t& out) { return wire_format::read_varint(at_, end_, out); }

  const char* at_;
  const char* end_;
  const char* start_ = nullptr;
  std::uint32_t field_ = 0;
  wire_type type_ = wire_type::varint;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
  bool valid_ = true;
};

} // namespace tickmesh::wire_format
