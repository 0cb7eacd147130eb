// The actor that judges signals and keeps orders and positions: a trading_state behind a mailbox.
// It consumes the numbered event log and nothing else.
#pragma once

#include "actors/execution/ledger/ledger_sender.hpp"
#include "actors/execution/slot/exec_protocol.hpp"
#include "actors/execution/trading/trading_state.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>

namespace tickmesh {

struct risk_checker_options {
  std::shared_ptr<trading_state> trading; ///< where it begins; nobody else uses it any more
  trading_universe universe;
  caf::actor writer; ///< row_writer
  std::string rows;  ///< see slot_context
  bool write_rows = true;
  ledger_start ledger{};
  std::function<void(const sequenced_event&)> probe; ///< tests: called before each event
};

struct risk_checker_state {
  const char* name = "risk_checker";
};

caf::behavior risk_checker(caf::stateful_actor<risk_checker_state>* self,
                           risk_checker_options options);

} // namespace tickmesh
