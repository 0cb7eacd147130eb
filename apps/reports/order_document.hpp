// The story of an order as a document, and as the lines that a person reads. The lines are made of
// the document, so both have the same content.
#pragma once

#include "actors/execution/replay/order_story.hpp"
#include "apps/reports/factor_lookup.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace tickmesh {

/// What the story itself does not know.
struct story_surroundings {
  std::string journal; ///< its directory
  std::uint64_t events = 0;
  std::uint64_t known_after = 0; ///< see journal_contents
  std::string account;
  std::vector<std::string> brokers; ///< names by id
  const trading_universe& universe;
  result<factor_values> factors; ///< of a signal; the fault says why there are none
};

/// Volume and price are those that the broker is known to have, after replaces. Decimals are texts,
/// as in the results; times UTC, durations ns; what is not there is null.
nlohmann::ordered_json describe_order(const order_story& story, const story_surroundings& around);

/// One line a step, with time, delay since the step before, and number in the event log.
std::string format_order(const nlohmann::ordered_json& document);

} // namespace tickmesh
