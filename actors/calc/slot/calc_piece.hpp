// A frame from a data slot, or an advance of event time, on its way through the calculators: each
// leaves what it has made of its part in place, and the calculation slot passes on the whole.
#pragma once

#include "actors/calc/slot/received_frame.hpp"
#include "actors/calc/slot/symbol_calculator.hpp"
#include "messages/slot.hpp"
#include "runtime/actors/part_countdown.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace tickmesh {

struct calc_piece {
  std::shared_ptr<const received_frame> frame; ///< null: an advance
  slot_name from{};                            ///< of a frame, as the next three
  std::uint64_t frame_number = 0;
  std::int64_t received_ns = 0;
  bool final = false;
  timestamp mark{}; ///< no tick before it follows

  std::vector<calculation_output> outputs; ///< by part: of each symbol of the frame, or of the slot
  part_countdown progress;

  void open_parts(std::size_t count) {
    outputs.resize(count);
    progress.open(count);
  }
};

} // namespace tickmesh
