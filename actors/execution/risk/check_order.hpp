// All pre-trade rules on one order, for every scope that covers it. Used by risk_facts_book, which
// gathers the facts; pure functions, so that stored facts may be judged by other limits.
#pragma once

#include "actors/execution/risk/limits/risk_rules.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tickmesh {

/// All rules in the order of `verdict`, each for every scope in the list's order; the first failure
/// is the result. An order that can only reduce risk is not held back by the rules that keep it
/// from growing: risk_waivers says which. Whether it closes is judged by what the limit's scope
/// holds: an order that brings the account nearer to flat may add to its strategy's own position,
/// and the other way round. A rule that needs a price that is not there is passed over, and
/// STALE_MARKET_DATA then refuses. An approved order carries usage and limit of the first position
/// rule. Does not allocate.
risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const applied_limits& limits);
/// With global limits alone.
risk_result check_order(const order_intent& order, const risk_facts& facts,
                        const risk_limits& limits);

/// format_scope of the limit that refuses; empty where none does. `limits` is what judged it.
std::string refusing_scope(const risk_result& risk, const limit_table& limits);

/// One line of a report.
struct risk_check {
  verdict rule = verdict::approved; ///< by the verdict of its failure
  std::uint16_t scope = 0;
  int128 usage = 0;
  int128 limit = 0;
  bool passed = true;
  friend bool operator==(const risk_check&, const risk_check&) = default;
};
using risk_report = std::vector<risk_check>;

/// Every rule that has a limit, and those without one that failed or always apply, passed or not,
/// in the order of check_order(). Ends at CURRENCY_MISMATCH and INVALID_ORDER: without a valid
/// order there is nothing to measure.
risk_report report_order(const order_intent& order, const risk_facts& facts,
                         const applied_limits& limits);

} // namespace tickmesh
