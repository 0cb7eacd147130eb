#include "actors/calc/slot/factor_calculator_actor.hpp"

#include "runtime/actors/actor_system.hpp"

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

caf::behavior factor_calculator(factor_calculator_actor* self, caf::actor slot,
                                factor_calculator_options options) {
  set_fault_handlers(self);
  self->state.calculator.emplace(options.symbol, options.symbol_name, options.price_from,
                                 options.strategies, options.write_rows);
  // Takes the symbol's runs of a frame; false when the slot has failed on one.
  auto add_runs = [self, slot, probe = std::move(options.probe)](
                      const received_frame& frame, std::uint32_t first, calculation_output& out) {
    for (auto i = first; i != received_frame::none; i = frame.next_run(i)) {
      auto& run = frame.view().runs[i];
      auto taken = probe ? show_ticks(run, probe) : result<void>{};
      if (taken) taken = self->state.calculator->add_run(run, out);
      if (taken) continue;
      self->send(slot, calculation_failed{taken.error().message});
      return false;
    }
    return true;
  };
  return {
      // The symbol's next ticks, or event time has moved on.
      [self, slot, add_runs](const calculate_part& task) {
        auto& piece = *task.piece;
        auto& out = piece.outputs[task.part];
        out.clear(); // an earlier calculator may have failed on it
        if (piece.frame == nullptr)
          self->state.calculator->advance(piece.mark, out);
        else if (!add_runs(*piece.frame, piece.frame->first_runs()[task.part], out))
          return;
        if (piece.progress.finish(task.part)) self->send(slot, piece_calculated{});
      },
      // The same again, after a restart.
      [self, add_runs](const recalculate_part& task) {
        calculation_output nowhere;
        if (task.frame == nullptr)
          self->state.calculator->advance(task.mark, nowhere);
        else
          add_runs(*task.frame, task.first_run, nowhere);
      },
  };
}

} // namespace tickmesh
