// When an order manager stops waiting for an order, and asking for it.
#pragma once

#include "messages/timestamp.hpp"

#include <chrono>
#include <cstdint>

namespace tickmesh {

/// How long, and how often, one order is waited for.
struct order_patience {
  nanoseconds lifetime{std::chrono::seconds{5}};       ///< then it is canceled; 0: never
  nanoseconds report_timeout{std::chrono::seconds{1}}; ///< of an answer; above 0
  /// Status queries; after that it stays InDoubt until the venue speaks by itself.
  std::uint32_t status_queries_max = 10;
  /// Cancel requests that were not answered; a halt that cancels goes on all the same.
  std::uint32_t cancel_requests_max = 3;
};

} // namespace tickmesh
