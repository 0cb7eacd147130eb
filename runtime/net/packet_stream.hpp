// The packets of a connection, out of the bytes that come in whatever pieces: each is checked
// before anyone sees it. Shared by connections over sockets and by those of tests.
#pragma once

#include "runtime/net/packet_check.hpp"

#include <caf/execution_unit.hpp>
#include <caf/node_id.hpp>

#include <span>
#include <vector>

namespace tickmesh {

class packet_stream {
public:
  packet_stream(connection_end end, packet_limits limits) : check_(end, limits) {}

  /// Moves bytes from the front of `bytes` to the part of a packet, a header or a payload, that is
  /// being received. True when part() is whole and good; the caller drops it before the next call.
  /// A fault says what the other end sent; the connection has to end then.
  result<bool> next(std::span<const char>& bytes, caf::execution_unit& unit);

  /// As caf::io::scribe wants them.
  std::vector<char>& part() { return part_; }

  /// Whether part() ends the handshake, of peer().
  bool has_met_peer() const { return has_met_peer_; }
  const caf::node_id& peer() const { return peer_; }

private:
  bool learn_peer(caf::execution_unit& unit);

  packet_check check_;
  std::vector<char> part_;
  caf::node_id peer_; ///< none before the handshake
  bool has_met_peer_ = false;
};

} // namespace tickmesh
