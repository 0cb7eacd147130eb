// What an execution slot reports of itself: counts and delays by name, and the totals that
// operators see while it runs.
#pragma once

#include "actors/execution/sequencer/event_sequencer.hpp"
#include "actors/execution/slot/trading_answer.hpp"
#include "actors/execution/trading/trading_changes.hpp"
#include "actors/execution/trading/trading_rows.hpp"
#include "runtime/telemetry/delay_histogram.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tickmesh {

/// Names of counts and delays, beside those of link_inputs.
inline constexpr const char* orders_sent_count = "orders_sent";
inline constexpr const char* fills_count = "fills";
/// From the feed's release of the signal's tick until the order goes to the broker.
inline constexpr const char* tick_to_order_delay = "tick_to_order";
/// From the signal's sending until the order goes to the broker.
inline constexpr const char* signal_to_order_delay = "signal_to_order";

/// What the merge has let through and dropped, for operators to see while the run goes on.
void count_inputs(const event_sequencer& sequencer, std::map<std::string, std::uint64_t>& counts);

void count_totals(const trading_totals& totals, const ledger_counts& ledger,
                  std::map<std::string, std::uint64_t>& counts);

/// Orders go to the broker at `now`, on the control host's clock.
void note_order_delays(const std::vector<order_trigger>& triggers, std::int64_t now,
                       std::map<std::string, delay_histogram>& delays);

/// ExecutionTotals of orders.proto; `waiting_for` are links.
std::string encode_totals(const trading_totals& totals,
                          const std::vector<std::string>& waiting_for);

} // namespace tickmesh
