// Says whether the next packet of a connection may come in. CAF 0.17.6 believes what a header says:
// a handshake without a payload ends the process, and a length of gigabytes is reserved at once.
// The packets are those of its protocol, BASP (caf/io/basp/header.hpp).
#pragma once

#include "messages/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tickmesh {

/// The first byte of a packet; the numbers are CAF's.
enum class packet_kind : std::uint8_t {
  server_handshake = 0,
  client_handshake = 1,
  direct_message = 2,
  routed_message = 3,
  monitor_message = 4,
  down_message = 5,
  heartbeat = 6,
};

inline constexpr std::size_t packet_header_bytes = 32;
/// A node's name, what it publishes and its interface: some hundred bytes.
inline constexpr std::uint32_t handshake_bytes_max = 4'096;

/// Which end of the connection this process is.
enum class connection_end : std::uint8_t { accepted, connected };

struct packet_limits {
  std::uint32_t message_bytes_max = 2 << 20;
  /// Actors up to this number are CAF's own. Nodes ask for one of them by its name, once when they
  /// meet.
  std::uint64_t internal_actor_max = 0;
};

class packet_check {
public:
  packet_check(connection_end end, packet_limits limits) : end_(end), limits_(limits) {}

  /// How many bytes the next part has: a header's, or those of the payload that it announced.
  std::size_t next_bytes() const { return awaits_payload_ ? payload_bytes_ : packet_header_bytes; }
  bool awaits_payload() const { return awaits_payload_; }

  /// Takes the next part, of `next_bytes()`. Fails with what is wrong with it.
  result<void> take(std::span<const char> part);

  /// Whether the peer has said which node it is.
  bool is_established() const { return !peer_.empty(); }
  /// The last packet was the handshake, and is whole.
  bool is_handshake() const { return !awaits_payload_ && is_handshake(kind_); }

  /// The bytes of the peer's node, which begin its handshake. Later packets that name their node
  /// have to name this one.
  void set_peer(std::string_view node) { peer_ = node; }

private:
  bool is_handshake(packet_kind kind) const {
    return kind == packet_kind::server_handshake || kind == packet_kind::client_handshake;
  }
  result<void> take_header(std::span<const char> bytes);
  result<void> take_payload(std::span<const char> bytes);
  result<void> check_order(packet_kind kind) const;
  std::string_view check_receiver(std::uint8_t flags, std::uint64_t actor);

  connection_end end_;
  packet_limits limits_;
  packet_kind kind_ = packet_kind::heartbeat;
  bool awaits_payload_ = false;
  std::uint32_t payload_bytes_ = 0;
  std::uint32_t handshakes_ = 0;
  std::uint32_t named_ = 0; ///< messages to an actor of CAF, by its name
  std::string peer_;
};

} // namespace tickmesh
