// The actor that judges signals and keeps orders and positions: a trading_state behind a mailbox.
// It consumes the numbered event log and nothing else.
#pragma once

#include "actors/execution/journal/event_codec.hpp"
#include "actors/execution/ledger/ledger_sender.hpp"
#include "actors/execution/slot/exec_protocol.hpp"
#include "actors/execution/trading/trading_state.hpp"
#include "messages/result.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace tickmesh {

/// Rows that the risk checkers of one life of a slot have handed to the writer, by file. Of the one
/// that runs.
using rows_written_before = std::map<std::string, std::uint64_t>;

struct risk_checker_options {
  /// Makes the state up from the journal, see rebuild_trading.
  std::function<result<std::shared_ptr<trading_state>>(std::uint64_t through)> rebuild;
  trading_universe universe;
  caf::actor writer; ///< row_writer
  std::string rows;  ///< see slot_context
  bool write_rows = true;
  std::shared_ptr<rows_written_before> rows_before = std::make_shared<rows_written_before>();
  ledger_start ledger{};
  std::function<void(const sequenced_event&)> probe; ///< tests: called before each event
};

class row_gathering;

struct risk_checker_state {
  std::shared_ptr<const risk_checker_options> options;
  std::shared_ptr<trading_state> trading; ///< once it has begun, as what follows
  std::shared_ptr<ledger_sender> ledger;
  std::shared_ptr<row_gathering> rows;
  event_encoder encoder;
  std::uint64_t frozen_told = 0; ///< alarms that were logged
  const char* name = "risk_checker";
};

caf::behavior risk_checker(caf::stateful_actor<risk_checker_state>* self,
                           risk_checker_options options);

} // namespace tickmesh
