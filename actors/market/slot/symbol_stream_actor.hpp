// The actor of one symbol's ticks on their owner: cleans, numbers and encodes them.
#pragma once

#include "actors/market/slot/data_protocol.hpp"
#include "actors/market/slot/stream_encoder.hpp"
#include "runtime/net/worker_actor.hpp"

#include <caf/all.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace tickmesh {

struct symbol_stream_options {
  stream_encoder_options encoder;
  std::vector<tick> logged;               ///< of a live source: where the log ends, oldest first
  std::function<void(const tick&)> probe; ///< tests: called before each tick; may throw
};

struct symbol_stream_state {
  std::optional<stream_encoder> stream; ///< in the actor's own memory, see prefetch_actor
  const char* name = "symbol_stream";
};

using symbol_stream_actor = caf::stateful_actor<symbol_stream_state, worker_actor>;

caf::behavior symbol_stream(symbol_stream_actor* self, caf::actor slot,
                            symbol_stream_options options);

} // namespace tickmesh
