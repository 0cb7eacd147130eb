// What the actors of an execution slot say to each other, inside one process. The sequencer hands
// over a batch and waits for the answer, because the venue's reports belong into the same order of
// events. By event time a batch ends where something may come of what is decided in it.
//
//   exec_slot --begin_trading--> risk_checker     (its first message)
//   exec_slot (sequencer) --event_batch--> risk_checker --trading_answer--> exec_slot
//   exec_slot --finish_trading--> risk_checker --trading_finished--> exec_slot
#pragma once

#include "actors/execution/slot/trading_answer.hpp"
#include "actors/execution/trading/trading_changes.hpp"
#include "actors/execution/trading/trading_rows.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tickmesh {

class trading_state;

/// Acknowledgements have waited for long enough.
struct acks_due {};

/// Time to see whether a time-out has come; see execution_settings::clock_interval.
struct clock_due {};

/// Rows have waited for long enough.
struct rows_due {};

/// Where a risk checker begins.
struct begin_trading {
  std::shared_ptr<trading_state> trading; ///< nobody else uses it any more; null: see `through`
  /// One that takes the place of another: it makes the state up from the journal, which has the
  /// events up to this one.
  std::uint64_t through = 0;
};

/// The log has ended.
struct finish_trading {};
struct trading_finished {
  trading_totals totals;
  ledger_counts ledger{};
};

struct totals_query {};

/// What limits hold; answered by limits_in_force.
struct limits_query {};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::event_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::begin_trading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::acks_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::clock_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rows_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::finish_trading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::totals_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::limits_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::limits_in_force)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_totals)
