#include "actors/calc/factor_calculator.hpp"

#include "runtime/actor_system.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace tickmesh {

namespace {

/// Lets a test see each tick before it is taken.
result<void> show_ticks(const tick_run_view& run, const std::function<void(const tick&)>& probe) {
  std::vector<tick> ticks;
  if (auto decoded = run.decode_ticks(ticks); !decoded) return decoded;
  for (auto& t : ticks)
    probe(t);
  return {};
}

} // namespace

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
        calculated part{slice.piece, symbol, {}, {}};
        for (auto i = slice.first_run; i != received_frame::none; i = slice.frame->next_run(i)) {
          auto& run = slice.frame->view().runs[i];
          auto taken = probe ? show_ticks(run, probe) : result<void>{};
          if (taken) taken = calculator->add_run(run, part.output);
          if (taken) continue;
          part.fault = taken.error().message;
          break;
        }
        if (!slice.history) self->send(slot, std::move(part));
      },
      // Event time has moved on.
      [self, slot, symbol, calculator](const advance_windows& advance) {
        calculated part{advance.piece, symbol, {}, {}};
        calculator->advance(advance.mark, part.output);
        if (!advance.history) self->send(slot, std::move(part));
      },
  };
}

} // namespace tickmesh
