#include "actors/market/symbol_stream.hpp"

#include "runtime/actor_system.hpp"

#include <memory>

namespace tickmesh {

caf::behavior symbol_stream(caf::stateful_actor<symbol_stream_state>* self, caf::actor slot,
                            symbol_stream_options options) {
  keep_crash_reason(self);
  auto stream = std::make_shared<stream_encoder>(options.encoder);
  stream->restore(options.logged);
  return {
      // The symbol's next records.
      [self, slot, stream, probe = std::move(options.probe)](raw_batch& batch) {
        if (probe)
          for (auto& record : batch.ticks)
            probe(record);
        clean_batch out;
        out.round = batch.round;
        out.part = batch.part;
        if (batch.history)
          stream->take_history(batch.ticks, out);
        else
          stream->take(batch.ticks, batch.ingest_ns, out);
        if (batch.round != 0) self->send(slot, std::move(out));
      },
  };
}

} // namespace tickmesh
