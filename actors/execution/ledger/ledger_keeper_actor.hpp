// The actor that writes a ledger. It blocks in SQLite, so a process gives it a thread of its own;
// trading never waits for it. What it is to do comes from a ledger_feed, one task at a time.
//
//   risk_checker --write_ledger | rebuild_ledger--> ledger_keeper --ledger_answer--> risk_checker
//   risk_checker --end_ledger_keeper--> (the keeper ends)
//
// It waits until the journal has the events of a task, so that the ledger never has more than the
// journal. It answers a write after a pause, in which changes gather: an order that is opened and
// filled within it is one row. After a fault it closes the file, and answers when it is time to try
// again.
#pragma once

#include "actors/execution/ledger/ledger_feed.hpp"
#include "actors/execution/ledger/ledger_rebuild.hpp"
#include "actors/execution/ledger/trading_ledger.hpp"

#include <caf/all.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace tickmesh {

/// The last task was done, or not.
struct ledger_answer {
  bool done = true;
};

/// Nothing is written any more.
struct end_ledger_keeper {};

struct ledger_keeper_options {
  trading_ledger_options ledger;
  journal_origin journal;
  std::function<std::uint64_t()> last_journaled; ///< event; called on the keeper's thread
  caf::actor owner;                              ///< gets the answers
};

struct ledger_keeper_state {
  std::unique_ptr<trading_ledger> ledger; ///< null: not opened, or closed after a fault
  std::optional<ledger_rebuild> rebuild;  ///< may be gone on with
  std::optional<ledger_task> task;        ///< what is to be done
  bool is_rebuilding = false;             ///< that task has been begun
  bool has_failed = false;                ///< and has not said that it works again
  const char* name = "ledger_keeper";
};

caf::behavior ledger_keeper(caf::stateful_actor<ledger_keeper_state>* self,
                            ledger_keeper_options options);

/// How a slot starts its keeper: on a thread of its own, or in a test that has but one. Not linked:
/// trading goes on without it.
using ledger_keeper_starter =
    std::function<caf::actor(caf::event_based_actor*, ledger_keeper_options)>;
caf::actor start_detached_ledger_keeper(caf::event_based_actor* parent,
                                        ledger_keeper_options options);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::write_ledger)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rebuild_ledger)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::ledger_answer)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::end_ledger_keeper)
