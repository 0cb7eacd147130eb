// The actor of one symbol's ticks on their owner: cleans, numbers and encodes them.
#pragma once

#include "actors/market/market_messages.hpp"
#include "actors/market/stream_encoder.hpp"

#include <caf/all.hpp>

#include <functional>
#include <vector>

namespace tickmesh {

struct symbol_stream_options {
  stream_encoder_options encoder;
  std::vector<tick> logged;               ///< of a live source: where the log ends, oldest first
  std::function<void(const tick&)> probe; ///< tests: called before each tick; may throw
};

struct symbol_stream_state {
  const char* name = "symbol_stream";
};

caf::behavior symbol_stream(caf::stateful_actor<symbol_stream_state>* self, caf::actor slot,
                            symbol_stream_options options);

} // namespace tickmesh
