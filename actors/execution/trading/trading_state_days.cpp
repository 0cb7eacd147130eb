// What a trading day has to do with orders: when it begins, and how many are opened on it.
#include "actors/execution/trading/trading_state.hpp"

namespace tickmesh {

/// Where sessions and calendar say which day a moment belongs to, the day begins by them: marks may
/// reach the log behind the signals and fills that follow from them.
void trading_state::begin_day_of(symbol_id symbol, timestamp t) {
  auto day = risk_.trading_day_of(symbol, t, universe_);
  if (!day) return;
  positions_.turn_to_day(*day);
  risk_.turn_to_day(*day);
}

void trading_state::open_order(const order_request& request,
                               const std::optional<signal_name>& source, const risk_result& risk,
                               log_position at, std::vector<venue_command>& out) {
  auto sent = request;
  sent.parts = parts_of(request);
  orders_.open(sent, source, risk, at, out);
  opened_.add(positions_.trading_day());
  risk_.update_open(request, orders_.still_open());
}

} // namespace tickmesh
