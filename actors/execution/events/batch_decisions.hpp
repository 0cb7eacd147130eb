// What was decided at the events of a batch: the verdict on every order, refused ones included, and
// the commands that may go to the venue once both are durable. Written to the journal with the
// batch.
#pragma once

#include "actors/execution/events/venue_command.hpp"
#include "actors/execution/risk/limits/risk_rules.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace tickmesh {

struct order_verdict {
  order_id order{};
  risk_result risk{};
  std::optional<order_request> form{}; ///< what was judged, where no signal says it
  friend bool operator==(const order_verdict&, const order_verdict&) = default;
};

/// What a verdict lets leave.
struct order_approval {
  order_request request;
  bool is_new_form = false; ///< of an order that was approved before
};

struct batch_decisions {
  struct placed_verdict {
    std::size_t event = 0; ///< its place in event_batch::others; never falls from one to the next
    order_verdict verdict;
    friend bool operator==(const placed_verdict&, const placed_verdict&) = default;
  };
  struct placed_command {
    std::size_t event = 0; ///< the same
    venue_command command;
    friend bool operator==(const placed_command&, const placed_command&) = default;
  };
  std::vector<placed_verdict> verdicts;
  /// What became of the operator's commands, one each, in their order. Not in the journal.
  std::vector<operator_outcome> outcomes;
  std::vector<placed_command> commands; ///< in the order in which they are to be carried out

  void clear() {
    verdicts.clear();
    commands.clear();
    outcomes.clear();
  }
};

} // namespace tickmesh
