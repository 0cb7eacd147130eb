// What the actors of an execution slot say to each other, inside one process. The sequencer hands
// over a batch and waits for the answer, because the venue's reports belong into the same order of
// events. By event time a batch ends with the first event that may yield commands.
//
//   exec_slot (sequencer) --event_batch--> risk_checker --trading_answer--> exec_slot
//   exec_slot --finish_trading--> risk_checker --trading_finished--> exec_slot
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/events/operator_command.hpp"
#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/trading/trading_changes.hpp"
#include "actors/execution/trading/trading_rows.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// When the signal of an order that is now sent was on its way; control-clock ns, 0: unknown.
struct order_trigger {
  std::int64_t ingest_ns = 0;
  std::int64_t sent_ns = 0;
};

/// What is to be sent, decided at the batch's events, in their order.
struct trading_answer {
  std::uint64_t first_event = 0; ///< of the batch
  std::uint32_t events = 0;
  std::string record; ///< of the journal: the batch and its decisions, see event_codec
  std::vector<order_approval> approved; ///< by the verdicts, from the signals' own fields
  std::vector<venue_command> commands;
  std::vector<order_trigger> triggers;    ///< one for each order of a signal among the commands
  std::vector<operator_outcome> outcomes; ///< one for each operator's command in the batch
  trading_status trading;                 ///< where there are outcomes: what holds now
};

/// Acknowledgements have waited for long enough.
struct acks_due {};

/// Time to see whether a time-out has come; see execution_settings::clock_interval.
struct clock_due {};

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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::acks_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::clock_due)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::finish_trading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::totals_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::limits_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::limits_in_force)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_totals)
