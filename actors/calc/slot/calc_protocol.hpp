// What the actors of a calculation slot say to each other, inside one process.
//
//   calc_slot --calculate_part, recalculate_part--> factor_calculator --piece_calculated-->
//   calc_slot
//   factor_calculator --calculation_crashed--> calc_slot      (and it ends)
//   calc_slot --crash_history--> the next factor_calculator, before anything else
#pragma once

#include "actors/calc/slot/calc_piece.hpp"
#include "actors/calc/slot/crash_place.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace tickmesh {

/// A symbol's part of a piece.
struct calculate_part {
  std::shared_ptr<calc_piece> piece;
  std::uint32_t part = 0;
};

/// What led to outputs that a restarted calculator had delivered before: only rebuilds its state.
struct recalculate_part {
  std::shared_ptr<const received_frame> frame; ///< null: an advance to `mark`
  std::uint32_t first_run = received_frame::none;
  timestamp mark{};
};

/// All parts of a piece are there.
struct piece_calculated {};

/// A run could not be read.
struct calculation_failed {
  std::string reason;
};

/// A calculator is about to end by an exception.
struct calculation_crashed {
  symbol_id symbol{};
  crash_place at;
  std::string reason;
};

/// A calc slot's message to itself: acknowledgements have waited long enough.
struct calc_acks_due {};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calculate_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::recalculate_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::piece_calculated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calculation_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calculation_crashed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::crash_history)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calc_acks_due)
