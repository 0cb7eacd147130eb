// Venues for a passage through a journal that no slot goes on from: those inside do what they did,
// those outside are never asked. Used by snapshots.
#pragma once

#include "actors/execution/gateways/gateway_venue.hpp"
#include "actors/execution/venues/order_venue.hpp"

#include <memory>
#include <utility>

namespace tickmesh {

inline placed_venue_maker replay_venues(venue_maker inside = make_venue) {
  return [inside = std::move(inside)](const broker_settings& broker,
                                      bool is_external) -> std::unique_ptr<order_venue> {
    if (is_external) return std::make_unique<gateway_venue>();
    return inside(broker);
  };
}

} // namespace tickmesh
