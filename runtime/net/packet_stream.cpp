#include "runtime/net/packet_stream.hpp"

#include <caf/binary_deserializer.hpp>

#include <algorithm>
#include <cstddef>

namespace tickmesh {

result<bool> packet_stream::next(std::span<const char>& bytes, caf::execution_unit& unit) {
  auto count = std::min(bytes.size(), check_.next_bytes() - part_.size());
  part_.insert(part_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  bytes = bytes.subspan(count);
  if (part_.size() < check_.next_bytes()) return false;
  if (auto good = check_.take(part_); !good) return tl::make_unexpected(good.error());
  has_met_peer_ = check_.is_handshake() && !check_.is_established();
  if (has_met_peer_ && !learn_peer(unit)) return fail("a handshake that names no node");
  return true;
}

/// Which node the peer is, from the bytes that begin its handshake; false when they name none.
bool packet_stream::learn_peer(caf::execution_unit& unit) {
  caf::binary_deserializer source{&unit, part_};
  if (source(peer_) || !peer_) return false;
  check_.set_peer({part_.data(), part_.size() - source.remaining()});
  return true;
}

} // namespace tickmesh
