// What a connection lets in before CAF sees it.
#include "runtime/net/packet_check.hpp"

#include "tests/support/raw_packets.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace tickmesh::packet_check_test {

namespace {

constexpr std::uint32_t message_max = 1 << 20;
constexpr packet_limits limits{.message_bytes_max = message_max, .internal_actor_max = 2};

raw_packet handshake_of(connection_end end, const std::string& node) {
  if (end == connection_end::accepted)
    return {.kind = packet_kind::client_handshake, .payload = node};
  return {.kind = packet_kind::server_handshake, .operation = 2, .payload = node + " and more"};
}

/// A connection that has got as far as the handshake of the node "peer".
packet_check established(connection_end end) {
  packet_check out{end, limits};
  auto packet = handshake_of(end, "peer");
  REQUIRE(out.take(raw_header(packet)));
  REQUIRE(out.take(packet.payload));
  REQUIRE(out.is_handshake());
  out.set_peer("peer");
  return out;
}

/// What is wrong with a packet; empty when it passes.
std::string fault_of(packet_check& check, const raw_packet& packet) {
  auto taken = check.take(raw_header(packet));
  if (taken && check.awaits_payload()) {
    REQUIRE(check.next_bytes() == packet.payload.size());
    taken = check.take(packet.payload);
  }
  return taken ? "" : taken.error().message;
}

/// Without actors to go through.
raw_packet message(const std::string& content = "x") {
  return {.kind = packet_kind::direct_message,
          .destination = 7,
          .payload = std::string(1, '\0') + content};
}

} // namespace

TEST_CASE("a packet of every kind passes after the handshake") {
  for (auto end : {connection_end::accepted, connection_end::connected}) {
    auto check = established(end);
    CHECK(check.is_established());
    CHECK(fault_of(check, message()) == "");
    CHECK(fault_of(check, {}) == "");
    CHECK(fault_of(check, {.kind = packet_kind::monitor_message,
                           .destination = 7,
                           .payload = "peer and this node"}) == "");
    CHECK(fault_of(check, {.kind = packet_kind::down_message,
                           .source = 7,
                           .payload = "peer, this node, why"}) == "");
    CHECK(check.next_bytes() == packet_header_bytes);
  }
}

TEST_CASE("the handshake that is due comes first, and nothing else") {
  for (auto end : {connection_end::accepted, connection_end::connected}) {
    for (auto kind :
         {packet_kind::server_handshake, packet_kind::client_handshake, packet_kind::direct_message,
          packet_kind::routed_message, packet_kind::monitor_message, packet_kind::down_message,
          packet_kind::heartbeat}) {
      auto due = handshake_of(end, "peer").kind;
      packet_check check{end, limits};
      auto fault = fault_of(check, {.kind = kind, .operation = 2, .payload = "peer"});
      CHECK((fault.find("before the handshake") == std::string::npos) == (kind == due));
    }
  }
}

TEST_CASE("a handshake without content is refused") {
  for (auto end : {connection_end::accepted, connection_end::connected}) {
    packet_check check{end, limits};
    CHECK(fault_of(check, handshake_of(end, "")) ==
          (end == connection_end::accepted ? "a handshake of a client without content" : ""));
  }
  packet_check check{connection_end::connected, limits};
  CHECK(fault_of(check, {.kind = packet_kind::server_handshake, .operation = 2}) ==
        "a handshake of a server without content");
}

TEST_CASE("what a header claims is bounded before a byte of it is kept") {
  packet_check check{connection_end::accepted, limits};
  auto huge = check.take(raw_header({.kind = packet_kind::client_handshake}, 0xf000'0000));
  REQUIRE(!huge);
  CHECK(huge.error().message == "a handshake of a client of 4026531840 bytes, more than 4096");

  auto later = established(connection_end::accepted);
  CHECK(fault_of(later, message(std::string(message_max - 1, 'x'))) == "");
  CHECK(fault_of(later, message(std::string(message_max, 'x'))) ==
        "a message of 1048577 bytes, more than 1048576");
}

TEST_CASE("a client repeats its handshake once, a server does not") {
  auto accepted = established(connection_end::accepted);
  CHECK(fault_of(accepted, handshake_of(connection_end::accepted, "peer")) == "");
  CHECK(fault_of(accepted, handshake_of(connection_end::accepted, "peer")) ==
        "a handshake of a client after the handshake");
  auto connected = established(connection_end::connected);
  CHECK(fault_of(connected, handshake_of(connection_end::connected, "peer")) ==
        "a handshake of a server after the handshake");
}

TEST_CASE("nobody speaks for another node") {
  auto check = established(connection_end::accepted);
  CHECK(fault_of(check, handshake_of(connection_end::accepted, "other")) ==
        "a handshake of a client in the name of another node");
  check = established(connection_end::accepted);
  CHECK(fault_of(check, {.kind = packet_kind::down_message, .source = 7, .payload = "other"}) ==
        "a notice of an end in the name of another node");
  check = established(connection_end::connected);
  CHECK(
      fault_of(check, {.kind = packet_kind::monitor_message, .destination = 7, .payload = "pee"}) ==
      "a monitoring request in the name of another node");
  check = established(connection_end::accepted);
  CHECK(fault_of(check, {.kind = packet_kind::routed_message, .destination = 7, .payload = "x"}) ==
        "a message for another host");
}

TEST_CASE("actors of CAF itself are reached by name alone, as when nodes meet") {
  auto check = established(connection_end::accepted);
  auto to_caf = message();
  to_caf.destination = 2;
  CHECK(fault_of(check, to_caf) == "a message with a receiver that is CAF's own");
  to_caf.flags = 1;
  for (auto fault : {"", "", "a message with one more receiver by name"})
    CHECK(fault_of(check, to_caf) == fault);
}

TEST_CASE("what CAF takes on trust in a message is refused") {
  constexpr std::uint64_t category = 1ull << 60;
  for (std::uint64_t of : {0, 1, 2, 3}) {
    auto check = established(connection_end::accepted);
    auto numbered = message();
    numbered.operation = of * category;
    CHECK(fault_of(check, numbered) == (of > 1 ? "a message with a part of a stream" : ""));
  }
  auto check = established(connection_end::accepted);
  auto through = message();
  through.payload[0] = 1;
  CHECK(fault_of(check, through) == "a message with actors to go through");
  check = established(connection_end::accepted);
  std::string types{"\0\0\x1b@<>+@atom+@strong_actor_ptr", 30};
  CHECK(fault_of(check, message(types)) == "a message with a link");
  check = established(connection_end::accepted);
  CHECK(fault_of(check, message(types.substr(0, 20))) == "");
}

TEST_CASE("fields that a kind does not have are refused, and those that it has are demanded") {
  struct sample {
    raw_packet packet;
    std::string_view fault;
  };
  const std::vector<sample> samples{
      {{.kind = packet_kind::direct_message, .payload = "x"}, "a message with no receiver"},
      {{.kind = packet_kind::direct_message, .destination = 7}, "a message without content"},
      {{.kind = packet_kind::monitor_message, .payload = "peer"},
       "a monitoring request with no actor"},
      {{.kind = packet_kind::monitor_message, .operation = 1, .destination = 7, .payload = "peer"},
       "a monitoring request with a number"},
      {{.kind = packet_kind::down_message, .payload = "peer"}, "a notice of an end with no actor"},
      {{.kind = packet_kind::down_message, .source = 7, .destination = 7, .payload = "peer"},
       "a notice of an end with a receiver"},
      {{.source = 1}, "a heartbeat with an actor or number"},
      {{.destination = 1}, "a heartbeat with an actor or number"},
      {{.operation = 1}, "a heartbeat with an actor or number"},
      {{.payload = "x"}, "a heartbeat with content"},
      {{.kind = packet_kind::direct_message, .destination = 7, .payload = {"\0x", 2}, .flags = 2},
       "a message with an unknown flag"},
      {{.flags = 1}, "a heartbeat with an unknown flag"},
      {{.kind = packet_kind::client_handshake, .payload = "peer", .flags = 1},
       "a handshake of a client with an unknown flag"},
      {{.kind = static_cast<packet_kind>(7)}, "a packet of the unknown kind 7"},
      {{.kind = static_cast<packet_kind>(255)}, "a packet of the unknown kind 255"},
  };
  for (auto& [packet, fault] : samples) {
    auto check = established(connection_end::accepted);
    CHECK(fault_of(check, packet) == fault);
  }
  packet_check check{connection_end::accepted, limits};
  CHECK(fault_of(check, {.kind = packet_kind::client_handshake, .source = 1, .payload = "peer"}) ==
        "a handshake of a client with an actor");
  packet_check server{connection_end::connected, limits};
  CHECK(fault_of(server, {.kind = packet_kind::server_handshake, .payload = "peer"}) ==
        "a handshake of a server with no version");
}

} // namespace tickmesh::packet_check_test
