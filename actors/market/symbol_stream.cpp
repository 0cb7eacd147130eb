#include "actors/market/symbol_stream.hpp"

#include "messages/tick_codec.hpp"
#include "runtime/actor_system.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>

namespace tickmesh {

namespace {

constexpr std::array<std::string_view, 3> record_kind_names{"snapshot", "quote", "trade"};

void append_rejected_row(std::string& out, const tick& t, reject_reason reason,
                         const symbol_stream_options& options) {
  append_timestamp(out, t.event_time);
  fmt::format_to(std::back_inserter(out), ",{},{},{},{},{}", options.symbol_name, to_string(reason),
                 options.source_names[t.source.value], t.position.value,
                 record_kind_names[static_cast<std::size_t>(t.kind)]);
  auto append_price = [&](price p) {
    out += ',';
    if (p != no_price) append_decimal(out, p.value);
  };
  auto append_quantity = [&](quantity q) {
    out += ',';
    append_decimal(out, q.value);
  };
  append_price(t.last);
  append_quantity(t.volume);
  append_price(t.bid);
  append_quantity(t.bid_volume);
  append_price(t.ask);
  append_quantity(t.ask_volume);
  out += '\n';
}

} // namespace

caf::behavior symbol_stream(caf::stateful_actor<symbol_stream_state>* self, caf::actor slot,
                            symbol_stream_options options) {
  keep_crash_reason(self);
  auto cleaner = std::make_shared<tick_cleaner>(options.cleaning, options.known);
  auto accepted = std::make_shared<std::vector<tick>>();
  return {
      // The symbol's next records.
      [self, slot, cleaner, accepted, options = std::move(options)](const raw_batch& batch) {
        clean_batch out;
        out.round = batch.round;
        out.symbol = options.symbol;
        accepted->clear();
        for (tick t : batch.ticks) {
          if (options.probe) options.probe(t);
          if (auto reason = cleaner->clean(t)) {
            ++out.rejects[static_cast<std::size_t>(*reason)];
            if (options.write_rows) append_rejected_row(out.rejected_rows, t, *reason, options);
          } else {
            accepted->push_back(t);
          }
        }
        if (batch.history) return;
        out.accepted = static_cast<std::uint32_t>(accepted->size());
        if (!accepted->empty())
          append_tick_run(out.run, *accepted, first_data_epoch, batch.ingest_ns);
        self->send(slot, std::move(out));
      },
  };
}

} // namespace tickmesh
