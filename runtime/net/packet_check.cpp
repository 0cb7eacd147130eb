#include "runtime/net/packet_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickmesh {

namespace {

/// A client repeats its handshake, to choose the connection that is used.
constexpr std::uint32_t client_handshakes_max = 2;
/// Each handshake makes a node ask once.
constexpr std::uint32_t named_max = 2;
/// Of the number of a message: 0 and 1 are messages, 2 and 3 parts of CAF's streams, which take
/// whatever comes for theirs.
constexpr int category_shift = 60;
constexpr std::uint64_t category_mask = 3, category_max = 1;
/// What links an actor to another, and takes any actor for one of another node.
constexpr std::string_view link_types = "@<>+@atom+@strong_actor_ptr";
constexpr std::uint8_t named_receiver_flag = 1;    ///< the receiver is the number of a name
constexpr std::uint8_t select_connection_flag = 2; ///< of a client's handshake

struct header_fields {
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  std::uint32_t payload_bytes = 0;
  std::uint64_t operation = 0;
  std::uint64_t source = 0;
  std::uint64_t destination = 0;
};

template <class Number>
Number read_big_endian(const char* bytes) {
  Number out = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    out = static_cast<Number>(out << 8 | static_cast<unsigned char>(bytes[i]));
  return out;
}

/// Kind, two bytes of padding, flags, then the fields, big end first.
header_fields read_header(std::span<const char> bytes) {
  header_fields out;
  out.kind = static_cast<std::uint8_t>(bytes[0]);
  out.flags = static_cast<std::uint8_t>(bytes[3]);
  out.payload_bytes = read_big_endian<std::uint32_t>(&bytes[4]);
  out.operation = read_big_endian<std::uint64_t>(&bytes[8]);
  out.source = read_big_endian<std::uint64_t>(&bytes[16]);
  out.destination = read_big_endian<std::uint64_t>(&bytes[24]);
  return out;
}

constexpr std::array<std::string_view, 7> kind_names{
    "handshake of a server", "handshake of a client", "message",  "routed message",
    "monitoring request",    "notice of an end",      "heartbeat"};

std::string_view name_of(packet_kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

/// The fields that a packet of a kind has and that it has not; empty when they are right.
std::string_view field_fault(packet_kind kind, const header_fields& h) {
  switch (kind) {
  case packet_kind::server_handshake: return h.operation == 0 ? "no version" : "";
  case packet_kind::client_handshake: return h.source != 0 || h.destination != 0 ? "an actor" : "";
  case packet_kind::direct_message:
    if ((h.operation >> category_shift & category_mask) > category_max) return "a part of a stream";
    [[fallthrough]];
  case packet_kind::routed_message: return h.destination == 0 ? "no receiver" : "";
  case packet_kind::monitor_message:
    return h.operation != 0 ? "a number" : h.destination == 0 ? "no actor" : "";
  case packet_kind::down_message:
    return h.source == 0 ? "no actor" : h.destination != 0 || h.operation != 0 ? "a receiver" : "";
  case packet_kind::heartbeat:
    return h.source != 0 || h.destination != 0 || h.operation != 0 ? "an actor or number" : "";
  }
  return "an unknown kind";
}

/// A message begins with the actors that it goes through, which are none, and the names of its
/// types.
std::string_view content_fault(std::string_view bytes) {
  constexpr std::size_t types_at = 4; // behind two bytes of zero and the length
  if (bytes[0] != 0) return "actors to go through";
  return bytes.substr(std::min(bytes.size(), types_at)).starts_with(link_types) ? "a link" : "";
}

} // namespace

result<void> packet_check::take(std::span<const char> part) {
  return awaits_payload_ ? take_payload(part) : take_header(part);
}

result<void> packet_check::check_order(packet_kind kind) const {
  auto expected = end_ == connection_end::accepted ? packet_kind::client_handshake
                                                   : packet_kind::server_handshake;
  if (!is_established()) {
    if (kind == expected) return {};
    return fail(fmt::format("a {} before the handshake", name_of(kind)));
  }
  if (!is_handshake(kind)) return {};
  auto allowed = end_ == connection_end::accepted ? client_handshakes_max : 1;
  if (kind != expected || handshakes_ >= allowed)
    return fail(fmt::format("a {} after the handshake", name_of(kind)));
  return {};
}

/// Empty when a message may have these flags and this receiver.
std::string_view packet_check::check_receiver(std::uint8_t flags, std::uint64_t actor) {
  if (flags == 0) return actor <= limits_.internal_actor_max ? "a receiver that is CAF's own" : "";
  if (flags != named_receiver_flag) return "an unknown flag";
  return ++named_ > named_max ? "one more receiver by name" : "";
}

result<void> packet_check::take_header(std::span<const char> bytes) {
  auto header = read_header(bytes);
  if (header.kind > static_cast<std::uint8_t>(packet_kind::heartbeat))
    return fail(fmt::format("a packet of the unknown kind {}", header.kind));
  auto kind = static_cast<packet_kind>(header.kind);
  if (auto ordered = check_order(kind); !ordered) return ordered;
  // Hosts are connected to each other; none passes on what is for another.
  if (kind == packet_kind::routed_message) return fail("a message for another host");
  auto wrong = field_fault(kind, header);
  if (!wrong.empty()) return fail(fmt::format("a {} with {}", name_of(kind), wrong));
  if (kind == packet_kind::direct_message)
    wrong = check_receiver(header.flags, header.destination);
  else if (header.flags != 0 &&
           (kind != packet_kind::client_handshake || header.flags != select_connection_flag))
    wrong = "an unknown flag";
  if (!wrong.empty()) return fail(fmt::format("a {} with {}", name_of(kind), wrong));
  auto bytes_max = is_handshake(kind) ? handshake_bytes_max : limits_.message_bytes_max;
  if (header.payload_bytes > bytes_max)
    return fail(fmt::format("a {} of {} bytes, more than {}", name_of(kind), header.payload_bytes,
                            bytes_max));
  bool wants_payload = kind != packet_kind::heartbeat;
  if (wants_payload != (header.payload_bytes > 0))
    return fail(fmt::format("a {} {} content", name_of(kind), wants_payload ? "without" : "with"));
  if (is_handshake(kind)) ++handshakes_;
  kind_ = kind;
  awaits_payload_ = wants_payload;
  payload_bytes_ = header.payload_bytes;
  return {};
}

result<void> packet_check::take_payload(std::span<const char> bytes) {
  awaits_payload_ = false;
  std::string_view content{bytes.data(), bytes.size()};
  if (kind_ == packet_kind::direct_message)
    if (auto wrong = content_fault(content); !wrong.empty())
      return fail(fmt::format("a {} with {}", name_of(kind_), wrong));
  bool names_its_node = kind_ == packet_kind::client_handshake ||
                        kind_ == packet_kind::monitor_message || kind_ == packet_kind::down_message;
  if (!names_its_node || peer_.empty()) return {};
  if (!content.starts_with(peer_))
    return fail(fmt::format("a {} in the name of another node", name_of(kind_)));
  return {};
}

} // namespace tickmesh
