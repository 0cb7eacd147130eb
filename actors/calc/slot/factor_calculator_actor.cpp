#include "actors/calc/slot/factor_calculator_actor.hpp"

#include "runtime/actors/actor_system.hpp"

#include <exception>
#include <utility>

namespace tickmesh {

caf::behavior factor_calculator(factor_calculator_actor* self, caf::actor slot,
                                factor_calculator_options options) {
  set_fault_handlers(self);
  auto symbol = options.symbol;
  self->state.calculator.emplace(symbol_calculator{symbol, options.symbol_name, options.price_from,
                                                   options.strategies, options.write_rows},
                                 std::move(options.probe));
  // The slot hears where it crashed before it hears that it did.
  auto tell_crash = [self, slot, symbol](std::string why) {
    self->send(slot, calculation_crashed{symbol, self->state.calculator->place(), std::move(why)});
  };
  auto calculate = [tell_crash](auto work) {
    try {
      return work();
    } catch (const std::exception& caught) {
      tell_crash(caught.what());
      throw;
    } catch (...) {
      tell_crash("an exception that is no std::exception");
      throw;
    }
  };
  // Takes the symbol's runs of a frame; false when the slot has failed on one.
  auto add_runs = [self, slot](const received_frame& frame, std::uint32_t first,
                               calculation_output& out) {
    for (auto i = first; i != received_frame::none; i = frame.next_run(i)) {
      auto taken = self->state.calculator->add_run(frame.view().runs[i], out);
      if (taken) continue;
      self->send(slot, calculation_failed{taken.error().message});
      return false;
    }
    return true;
  };
  return {
      // The symbol's next ticks, or event time has moved on.
      [self, slot, calculate, add_runs](const calculate_part& task) {
        auto& piece = *task.piece;
        auto& out = piece.outputs[task.part];
        out.clear(); // an earlier calculator may have failed on it
        bool is_done = calculate([&] {
          if (piece.frame != nullptr)
            return add_runs(*piece.frame, piece.frame->first_runs()[task.part], out);
          self->state.calculator->advance(piece.mark, out);
          return true;
        });
        if (is_done && piece.progress.finish(task.part)) self->send(slot, piece_calculated{});
      },
      // The same again, after a restart.
      [self, calculate, add_runs](const recalculate_part& task) {
        calculation_output nowhere;
        calculate([&] {
          if (task.frame != nullptr) return add_runs(*task.frame, task.first_run, nowhere);
          self->state.calculator->advance(task.mark, nowhere);
          return true;
        });
      },
      // Where calculators before this one crashed.
      [self](const crash_history& history) { self->state.calculator->beware(history); },
  };
}

} // namespace tickmesh
