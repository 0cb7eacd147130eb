// The actors that an execution slot starts, as its options and its journal want them: the keepers
// of journal, snapshots and ledger, the risk checker, the gateways. For exec_slot alone.
#pragma once

#include "actors/execution/slot/exec_slot_actor.hpp"
#include "actors/execution/slot/exec_start.hpp"
#include "runtime/actors/supervisor.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <memory>

namespace tickmesh {

exec_start_options start_options_of(const exec_slot_options& options);

/// Of the journal; `slot` owns it.
journal_keeper_options journal_keeper_of(const exec_slot_options& options, const exec_start& begun,
                                         caf::actor slot);

/// Keys of the supervisor's children; those of gateways follow.
inline constexpr std::uint64_t risk_checker_key = 0;

/// It waits for begin_trading.
child_spec risk_checker_child(const exec_slot_options& options, const exec_start& begun);

child_spec gateway_child(const exec_slot_options& options, broker_id broker,
                         const broker_settings& settings);
/// Whose gateway a child is. Precondition: it is no risk checker.
broker_id gateway_broker(std::uint64_t key);

} // namespace tickmesh
