#include "actors/execution/events/execution_events.hpp"

#include <fmt/format.h>

namespace tickmesh {

market_mark make_market_mark(const tick& t, epoch data_epoch) {
  return {.symbol = t.symbol,
          .trading_day = t.trading_day,
          .data_epoch = data_epoch,
          .number = t.number,
          .effective_time = t.effective_time,
          .last = t.last,
          .bid = t.bid,
          .bid_volume = t.bid_volume,
          .ask = t.ask,
          .ask_volume = t.ask_volume,
          .has_book = t.kind != record_kind::trade};
}

std::string format_execution_id(execution_id id) {
  return fmt::format("{}-{}", format_order_id(id.order), id.counter);
}

} // namespace tickmesh
