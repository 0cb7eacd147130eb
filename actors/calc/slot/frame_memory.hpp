// Memory for the bytes of received frames, which a replay buffer keeps for long: filled from the
// front, in chunks whose pages are taken from the system at one time.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace tickmesh {

/// Bytes that stay where they are as long as a copy of this lives.
struct kept_bytes {
  std::shared_ptr<const void> memory;
  std::string_view bytes;
};

/// For one thread; what it has handed out may be used by others.
class frame_memory {
public:
  kept_bytes keep(std::string_view bytes);

private:
  std::shared_ptr<char> chunk_; ///< freed with the last bytes in it
  std::size_t used_ = 0;
};

} // namespace tickmesh
