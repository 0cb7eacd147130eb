// What an order closes and opens, where its exchange wants that said (docs/decisions/0035).
#include "actors/execution/trading/trading_state.hpp"

namespace tickmesh {

/// By what its strategy holds, less what other open orders of the strategy are to close already.
/// Where orders do not name the day, all that is closed is close_yesterday.
order_split trading_state::parts_of(const order_request& request) const {
  auto& traded = universe_.instruments[request.symbol.value];
  if (!traded || traded->positions == position_model::net) return {};
  auto split = [&](quantity volume) {
    return positions_.split(request.symbol, request.strategy, request.direction, volume);
  };
  // The others come first: what all of them together close, without the others' part.
  auto reserved = orders_.closing(request.symbol, request.strategy, request.direction);
  auto others = reserved > quantity{} ? split(reserved) : order_split{};
  auto all = split(reserved + request.volume);
  order_split out{.close_today = all.close_today - others.close_today,
                  .close_yesterday = all.close_yesterday - others.close_yesterday};
  out.open = request.volume - out.close();
  if (!traded->close_today) out = {.close_yesterday = out.close(), .open = out.open};
  return out;
}

} // namespace tickmesh
