#include "actors/execution/events/execution_events.hpp"

#include "messages/overloaded.hpp"

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

std::optional<broker_id> broker_of(const sequenced_event& event) {
  using broker = std::optional<broker_id>;
  return std::visit(
      overloaded{
          [](const one_of<execution_report, broker_event, broker_snapshot> auto& news) -> broker {
            return news.broker;
          },
          [](const one_of<market_mark, signal, timer_due, slot_recovered, operator_command,
                          clock_mark, slot_configured> auto&) -> broker { return std::nullopt; }},
      event.what);
}

std::string format_execution_id(execution_id id) {
  return fmt::format("{}-{}", format_order_id(id.order), id.counter);
}

} // namespace tickmesh
