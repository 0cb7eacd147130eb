// What the actors of an execution slot say to each other, inside one process. They work in lock
// step: the sequencer hands over a batch and waits for the answer, because the simulated venue's
// reports belong into the same order of events.
//
//   exec_slot (sequencer) --event_batch--> risk_checker --trading_answer--> exec_slot
//   exec_slot --finish_trading--> risk_checker --trading_finished--> exec_slot
#pragma once

#include "actors/execution/execution_events.hpp"
#include "actors/execution/trading_rows.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// Consecutive events; only the last one may yield commands.
struct event_batch {
  std::vector<sequenced_event> events;
};

/// What is to be sent, decided at the batch's last event.
struct trading_answer {
  std::vector<venue_command> commands;
};

/// The log has ended.
struct finish_trading {};
struct trading_finished {
  trading_totals totals;
};

struct totals_query {};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::event_batch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::finish_trading)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_finished)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::totals_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::trading_totals)
