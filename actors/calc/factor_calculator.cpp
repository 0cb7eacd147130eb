#include "actors/calc/factor_calculator.hpp"

#include "runtime/actor_system.hpp"

#include <memory>
#include <span>

namespace tickmesh {

caf::behavior factor_calculator(caf::stateful_actor<factor_calculator_state>* self, caf::actor slot,
                                factor_calculator_options options) {
  keep_crash_reason(self);
  auto calculator =
      std::make_shared<symbol_calculator>(options.symbol, options.symbol_name, options.price_from,
                                          options.strategies, options.write_rows);
  auto symbol = options.symbol;
  return {
      // The symbol's next ticks.
      [self, slot, symbol, calculator, probe = options.probe](const tick_slice& slice) {
        calculation_output out;
        for (auto position : slice.runs) {
          auto& run = slice.frame->runs[position];
          std::span<const tick> ticks{slice.frame->ticks.data() + run.begin, run.end - run.begin};
          if (probe)
            for (auto& t : ticks)
              probe(t);
          calculator->add_ticks(ticks, run.data_epoch, run.ingest_ns, out);
        }
        if (!slice.history) self->send(slot, calculated{slice.piece, symbol, std::move(out)});
      },
      // Event time has moved on.
      [self, slot, symbol, calculator](const advance_windows& advance) {
        calculation_output out;
        calculator->advance(advance.mark, out);
        if (!advance.history) self->send(slot, calculated{advance.piece, symbol, std::move(out)});
      },
  };
}

} // namespace tickmesh
