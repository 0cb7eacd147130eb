// The risk checker's side of a ledger: starts its keeper, and sends it what a ledger_feed says.
#pragma once

#include "actors/execution/ledger/ledger_keeper_actor.hpp" // allowed: starts it

#include <caf/all.hpp> // allowed: the same

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace tickmesh {

/// How a ledger is kept; without a starter, none is.
struct ledger_start {
  ledger_keeper_starter start;
  ledger_keeper_options keeper; ///< its owner is set by who starts it
};

/// The keeper takes too long to write what is left.
struct ledger_overdue {};

/// One for each life of the actor that holds it, which passes on the messages below. At the actor's
/// end, the keeper gets the last rows and ends, too.
class ledger_sender {
public:
  /// Does nothing at all without a starter. Precondition: the journal has the events that `trading`
  /// has.
  ledger_sender(caf::event_based_actor* self, const ledger_start& start,
                std::shared_ptr<trading_state> trading);

  /// Events were applied.
  void step();
  void answered(const ledger_answer& answer);
  void overdue();
  /// The keeper has ended by itself.
  void lost(const std::string& reason);
  /// The log has ended: `then` is called when the ledger has everything, or can't have it.
  void finish(std::function<void(const ledger_counts&)> then);

private:
  /// What goes on until the actor's end.
  struct parts {
    std::shared_ptr<trading_state> trading;
    ledger_feed feed;
    caf::actor keeper;
  };

  void note_outcome();
  void end_if_done();

  caf::event_based_actor* self_;
  std::shared_ptr<parts> parts_; ///< null: no ledger is kept
  ledger_settings settings_;
  std::function<void(const ledger_counts&)> then_;
};

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::ledger_overdue)
