// The actor of one symbol's calculations.
#pragma once

#include "actors/calc/slot/calc_protocol.hpp"
#include "actors/calc/slot/guarded_calculator.hpp"
#include "runtime/net/worker_actor.hpp"

#include <caf/all.hpp>

#include <functional>
#include <optional>
#include <string>

namespace tickmesh {

struct factor_calculator_options {
  symbol_id symbol{};
  std::string symbol_name;
  price_source price_from = price_source::last;
  strategy_list strategies;
  bool write_rows = true;
  std::function<void(const tick&)> probe; ///< tests: called before each tick; may throw
};

struct factor_calculator_state {
  std::optional<guarded_calculator> calculator; ///< in the actor's own memory, see prefetch_actor
  const char* name = "factor_calculator";
};

using factor_calculator_actor = caf::stateful_actor<factor_calculator_state, worker_actor>;

caf::behavior factor_calculator(factor_calculator_actor* self, caf::actor slot,
                                factor_calculator_options options);

} // namespace tickmesh
