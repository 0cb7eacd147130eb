#include "actors/execution/gateways/paper_broker.hpp"

#include "actors/execution/orders/order_state_machine.hpp"

#include <cassert>
#include <utility>

namespace tickmesh {

void paper_broker::take(const venue_command& command, timestamp now) {
  settle(now);
  if (auto* order = std::get_if<order_request>(&command)) {
    open_.insert(order->id);
    venue_.submit(*order, now);
  } else if (auto* cancel = std::get_if<cancel_request>(&command)) {
    venue_.request_cancel(*cancel, now);
  } else if (auto* replace = std::get_if<replace_request>(&command)) {
    venue_.request_replace(*replace, now);
  } else if (auto* query = std::get_if<status_query>(&command)) {
    venue_.query(*query, now);
  } else if (std::holds_alternative<broker_probe>(command)) {
    venue_.probe(now);
  } else if (auto* executions = std::get_if<executions_request>(&command)) {
    since_.push_back(executions->since);
    venue_.request_executions(executions->since, now);
  } else {
    assert(std::holds_alternative<snapshot_request>(command));
    venue_.request_snapshot(now);
  }
}

void paper_broker::take_mark(market_mark mark, timestamp now) {
  settle(now);
  mark.effective_time = now;
  venue_.on_mark(mark);
}

void paper_broker::cancel_open(timestamp now) {
  settle(now);
  for (auto id : open_)
    venue_.request_cancel({.order = id}, now);
}

std::vector<venue_news> paper_broker::take_news(timestamp now) {
  settle(now);
  return std::exchange(news_, {});
}

void paper_broker::settle(timestamp now) {
  while (venue_.next_time().value_or(end_of_time) <= now)
    if (auto news = venue_.take_next()) note(std::move(*news));
}

void paper_broker::note(venue_news news) {
  if (auto* report = std::get_if<execution_report>(&news)) {
    auto& fills = fills_[report->order];
    // Whoever asks may have missed some.
    if (report->kind == report_kind::status) tell_again(fills, timestamp::min());
    if (report->kind == report_kind::fill) fills.push_back(*report);
    if (report->kind != report_kind::cancel_rejected && is_terminal(report->status))
      open_.erase(report->order);
  }
  auto* event = std::get_if<broker_event>(&news);
  if (event != nullptr && event->news == broker_news::executions_told) {
    for (auto& [id, fills] : fills_)
      tell_again(fills, since_.front());
    since_.pop_front();
  }
  news_.push_back(std::move(news));
}

void paper_broker::tell_again(const std::vector<execution_report>& fills, timestamp since) {
  for (auto fill : fills) {
    if (fill.time < since) continue;
    fill.is_told_again = true;
    news_.push_back(std::move(fill));
  }
}

} // namespace tickmesh
