// What one seed of the hostile simulation is about: markets, days and links, limits tight enough to
// bite, brokers and their manners, and what is lost with the process. Used by broker_simulation.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "tests/simulation/hostile_broker.hpp"
#include "tests/support/random_trading.hpp"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

namespace tickmesh {

/// Something that a link brings, and when: by the wall clock, which is the event clock's time.
struct arriving_input {
  timestamp at{};
  std::size_t link = 0;
  std::variant<tick, signal> what;
};

struct drawn_world {
  execution_settings settings;
  trading_universe universe;
  std::vector<random_trading::link_feed> feeds;
  std::vector<arriving_input> arrivals; ///< the same inputs, in the order in which they arrive
  std::vector<hostility> manners;       ///< of the brokers
  bool by_arrival = false;
  /// Whether records that were not synced may be gone with the process: orders were sent that the
  /// journal does not know. By arrival only, as brokers outside of the merge are.
  bool loses_tail = false;
};

drawn_world draw_world(std::uint64_t seed);

} // namespace tickmesh
