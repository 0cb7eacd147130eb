// What the actors of a calculation slot say to each other, inside one process.
//
//   calc_slot --tick_slice / advance_windows--> factor_calculator --calculated--> calc_slot
#pragma once

#include "actors/calc/received_frame.hpp"
#include "actors/calc/symbol_calculator.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace tickmesh {

/// The runs of one symbol inside a shared frame.
struct tick_slice {
  std::uint64_t piece = 0; ///< the calc slot's number for the frame
  bool history = false;    ///< replayed to rebuild the calculator's state: produces no output
  std::uint32_t first_run = received_frame::none; ///< the others follow by next_run
  std::shared_ptr<const received_frame> frame;
};

/// No tick before `mark` follows: windows that end until then are closed.
struct advance_windows {
  std::uint64_t piece = 0;
  bool history = false;
  timestamp mark{};
};

/// A calculator has done its part of a piece.
struct calculated {
  std::uint64_t piece = 0;
  symbol_id symbol{};
  calculation_output output;
  std::string fault; ///< why a run could not be read; empty: none
};

/// A calc slot's message to itself: acknowledgements have waited long enough.
struct calc_acks_due {};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::tick_slice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::advance_windows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calculated)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::calc_acks_due)
