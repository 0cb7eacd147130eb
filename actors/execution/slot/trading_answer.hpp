// What the risk checker has made of a batch of events, on its way to the journal and the brokers.
// Of exec_slot and risk_checker.
#pragma once

#include "actors/execution/events/batch_decisions.hpp"
#include "actors/execution/events/operator_command.hpp"
#include "actors/execution/events/venue_command.hpp"

#include <cstdint>
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
  std::vector<decided_command> commands;
  std::vector<order_trigger> triggers;    ///< one for each order of a signal among the commands
  std::vector<operator_outcome> outcomes; ///< one for each operator's command in the batch
  trading_status trading;                 ///< where there are outcomes: what holds now
};

} // namespace tickmesh
