#include "actors/market/slot/symbol_stream_actor.hpp"

#include "runtime/actors/actor_system.hpp"

#include <memory>

namespace tickmesh {

caf::behavior symbol_stream(symbol_stream_actor* self, caf::actor slot,
                            symbol_stream_options options) {
  set_fault_handlers(self);
  clean_batch in_the_log; // its mark is the data slot's
  self->state.stream.emplace(options.encoder).restore(options.logged, in_the_log);
  auto show = [probe = std::move(options.probe)](const std::vector<tick>& records) {
    if (!probe) return;
    for (auto& record : records)
      probe(record);
  };
  // Makes a part of a round; the data slot is told behind the last one.
  auto take = [self, slot, show](market_round& round, std::uint32_t part,
                                 std::vector<tick>& records) {
    show(records);
    auto& out = round.parts()[part];
    if (round.records.history)
      self->state.stream->take_history(records, out);
    else
      self->state.stream->take(records, round.ingest_ns, out);
    if (round.progress.finish(part)) self->send(slot, round_cleaned{});
  };
  return {
      // The symbol's next records.
      [take](const raw_batch& batch) {
        if (batch.round->progress.is_done(batch.part)) return;
        take(*batch.round, batch.part, batch.round->records.batches[batch.part].ticks);
      },
      // The same again, for a stream that was restarted.
      [self, take, show, encoder = options.encoder](reread_batch& batch) {
        if (batch.is_first) self->state.stream.emplace(encoder);
        if (batch.round != nullptr && !batch.round->progress.is_done(batch.part))
          return take(*batch.round, batch.part, batch.ticks);
        show(batch.ticks);
        clean_batch nowhere;
        self->state.stream->take_history(batch.ticks, nowhere);
      },
  };
}

} // namespace tickmesh
