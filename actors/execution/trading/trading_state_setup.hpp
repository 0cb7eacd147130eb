// What trading_state hands to its parts of a configuration. For trading_state alone.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/trading_universe.hpp"
#include "actors/execution/orders/order_router.hpp"
#include "actors/execution/risk/risk_facts_book.hpp"
#include "actors/execution/values/position_terms.hpp"

#include <vector>

namespace tickmesh {

/// By symbol.
std::vector<position_terms> terms_of(const trading_universe& universe);
std::vector<price> price_minima_of(const trading_universe& universe);

/// The primary first, then the backup; another broker gets no orders.
routing_rules routing_of(const execution_settings& settings);
order_patience patience_of(const execution_settings& settings);

risk_facts_settings risk_settings_of(const execution_settings& settings,
                                     std::vector<limit_scope> limits);

} // namespace tickmesh
