// Ticks as the encoded runs that a calculator takes.
#pragma once

#include "actors/calc/slot/symbol_calculator.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tickmesh {

/// Feeds consecutively numbered ticks to a calculator, as one run.
inline void add_ticks(symbol_calculator& calculator, std::span<const tick> ticks, epoch data_epoch,
                      calculation_output& out) {
  if (ticks.empty()) return;
  std::string bytes;
  tick_run_encoder{}.append(bytes, ticks, data_epoch, 0);
  tick_frame_view frame;
  REQUIRE(read_tick_frame(bytes, frame).has_value());
  for (auto& run : frame.runs)
    REQUIRE(calculator.add_run(run, out).has_value());
}

} // namespace tickmesh
