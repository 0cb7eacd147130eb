// The frame around a record of a log: a header that ends in a checksum, the payload, zeros up to a
// multiple of 8 bytes; little-endian. What a header says besides is the log's own.
//
// A log describes its header H, of fixed layout: the members mark, payload_bytes and, last,
// checksum; and the constants magic, payload_max and checks_padding. `bool is_sound(const H&)`
// says whether its numbers can be.
#pragma once

#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace tickmesh {

enum class frame_state : std::uint8_t {
  complete,
  cut_off, ///< the bytes end before the record does, as far as its header tells
  damaged, ///< magic, length or checksum are wrong
};

template <class Header>
class record_frame {
public:
  static_assert(std::endian::native == std::endian::little);

  static constexpr std::size_t header_bytes = sizeof(Header);

  /// Bytes of a record with its header and padding.
  static constexpr std::size_t bytes(std::size_t payload) {
    return header_bytes + (payload + 7) / 8 * 8;
  }

  /// Writes a record to `out`, whose memory is used again.
  static void format(Header header, std::string_view payload, std::string& out) {
    header.mark = Header::magic;
    header.payload_bytes = static_cast<std::uint32_t>(payload.size());
    out.assign(reinterpret_cast<const char*>(&header), header_bytes);
    out += payload;
    out.resize(bytes(payload.size()), '\0');
    auto checksum = checksum_of(out, payload.size());
    std::memcpy(out.data() + checked_bytes, &checksum, sizeof checksum);
  }

  /// Reads the header at the front of `from` as far as there is one, and finds the payload; the
  /// checksum is not looked at.
  static frame_state parse_header(std::string_view from, Header& header,
                                  std::string_view& payload) {
    if (from.size() < header_bytes) return frame_state::cut_off;
    std::memcpy(&header, from.data(), header_bytes);
    if (header.mark != Header::magic || header.payload_bytes > Header::payload_max ||
        !is_sound(header))
      return frame_state::damaged;
    if (from.size() < bytes(header.payload_bytes)) return frame_state::cut_off;
    payload = from.substr(header_bytes, header.payload_bytes);
    return frame_state::complete;
  }

  /// Whether the checksum of the record at the front of `from`, whose header is complete, fits.
  static bool is_intact(std::string_view from, const Header& header) {
    return checksum_of(from, header.payload_bytes) == header.checksum;
  }

  /// Offset of an intact record at or behind `begin`, where records may stand; nothing if there is
  /// none.
  static std::optional<std::size_t> find(std::string_view from, std::size_t begin) {
    Header header;
    std::string_view payload;
    for (auto at = (begin + 7) / 8 * 8; at + header_bytes <= from.size(); at += 8) {
      std::uint32_t mark = 0;
      std::memcpy(&mark, from.data() + at, sizeof mark);
      if (mark != Header::magic) continue;
      auto record = from.substr(at);
      if (parse_header(record, header, payload) == frame_state::complete &&
          is_intact(record, header))
        return at;
    }
    return std::nullopt;
  }

private:
  static constexpr std::size_t checked_bytes = header_bytes - sizeof(std::uint64_t);

  /// The hash of what follows the header is seeded with the header's, so that one number covers
  /// both.
  static std::uint64_t checksum_of(std::string_view record, std::size_t payload) {
    auto rest = Header::checks_padding ? bytes(payload) - header_bytes : payload;
    return XXH3_64bits_withSeed(record.data() + header_bytes, rest,
                                XXH3_64bits(record.data(), checked_bytes));
  }
};

} // namespace tickmesh
