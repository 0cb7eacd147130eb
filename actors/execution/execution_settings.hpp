// Settings of the execution side: the account, its limits and the simulated venue.
#pragma once

#include "messages/numbers.hpp"
#include "messages/timestamp.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace tickmesh {

struct risk_limits {
  quantity position_max{100 * decimal_scale}; ///< per symbol, both directions
  money order_value_max{int128{1'000'000} * decimal_scale};
  money daily_loss_max{int128{50'000} * decimal_scale}; ///< per account and trading day
  std::uint64_t orders_max = 1'000'000; ///< since the start; each is kept, to know late reports
};

struct sim_venue_settings {
  std::uint64_t seed = 1;
  nanoseconds delay{std::chrono::milliseconds{1}}; ///< order to report, of event time, >= 1 us
  double reject_share = 0.01;                      ///< of orders, drawn from their id
  double lost_ack_share = 0.005;                   ///< of orders whose reports wait for a query
};

struct execution_settings {
  std::string account = "main";
  std::string currency = "CNY";
  risk_limits limits{};
  nanoseconds order_lifetime{std::chrono::seconds{5}}; ///< then canceled, of event time; 0: never
  nanoseconds report_timeout{std::chrono::seconds{1}}; ///< unanswered order becomes InDoubt
  sim_venue_settings sim{};
};

} // namespace tickmesh
