// Packets of CAF's protocol between hosts, made byte by byte: good ones and others.
#pragma once

#include "runtime/net/packet_check.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace tickmesh {

struct raw_packet {
  packet_kind kind = packet_kind::heartbeat;
  std::uint64_t operation = 0;
  std::uint64_t source = 0;
  std::uint64_t destination = 0;
  std::string payload{};
  std::uint8_t flags = 0;
};

inline void put_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(number >> (8 * i) & 0xff);
}

/// The header of a packet that says it has `payload_bytes`.
inline std::string raw_header(const raw_packet& packet, std::uint32_t payload_bytes) {
  std::string out;
  put_big_endian(out, static_cast<std::uint64_t>(packet.kind), 1);
  put_big_endian(out, packet.flags, 3); // and padding
  put_big_endian(out, payload_bytes, 4);
  put_big_endian(out, packet.operation, 8);
  put_big_endian(out, packet.source, 8);
  put_big_endian(out, packet.destination, 8);
  return out;
}

inline std::string raw_header(const raw_packet& packet) {
  return raw_header(packet, static_cast<std::uint32_t>(packet.payload.size()));
}

inline std::string raw_bytes(const raw_packet& packet) {
  return raw_header(packet) + packet.payload;
}

} // namespace tickmesh
