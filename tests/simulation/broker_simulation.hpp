// One seed of the hostile simulation: random markets and signals, two hostile brokers, an execution
// that is killed at random and goes on from its log, and an observer who knows the truth.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

struct simulation_outcome {
  std::vector<std::string> violations;         ///< of what must hold; empty: none
  std::map<std::string, std::uint64_t> counts; ///< of what happened, to see that it did
};

simulation_outcome simulate_brokers(std::uint64_t seed);

} // namespace tickmesh
