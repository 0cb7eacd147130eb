// The trading state as a journal has it, for a risk checker that takes the place of one that
// crashed. Plain function behind risk_checker.
#pragma once

#include "actors/execution/recovery/snapshot_maker.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "messages/result.hpp"

#include <cstdint>
#include <memory>

namespace tickmesh {

/// Goes through the journal as a slot does that starts: from the newest snapshot, or from the first
/// event, to the event `through`, with which a record ends; 0: nothing was decided yet. Fails where
/// the journal is damaged, and where this program decides otherwise than it did.
result<std::shared_ptr<trading_state>> rebuild_trading(const snapshot_maker_options& options,
                                                       std::uint64_t through);

} // namespace tickmesh
