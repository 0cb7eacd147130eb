#include "actors/execution/gateways/paper_broker.hpp"

#include "actors/execution/orders/order_state_machine.hpp"
#include "messages/overloaded.hpp"

#include <utility>

namespace tickmesh {

void paper_broker::take(const venue_command& command, timestamp now) {
  settle(now);
  std::visit(overloaded{[this](const order_request& order) { open_.insert(order.id); },
                        [this](const executions_request& wish) { since_.push_back(wish.since); },
                        [](const one_of<cancel_request, status_query, timer_request,
                                        replace_request, broker_probe, snapshot_request> auto&) {}},
             command);
  venue_.execute(command, now);
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
    if (auto news = venue_.take_next()) keep(std::move(*news));
}

void paper_broker::keep(venue_news news) {
  std::visit(overloaded{[this](const execution_report& report) { note(report); },
                        [this](const broker_event& event) { note(event); },
                        [](const broker_snapshot&) {}},
             news);
  news_.push_back(std::move(news));
}

void paper_broker::note(const execution_report& report) {
  auto& fills = fills_[report.order];
  // Whoever asks may have missed some.
  if (report.kind == report_kind::status) tell_again(fills, timestamp::min());
  if (report.kind == report_kind::fill) fills.push_back(report);
  if (report.kind != report_kind::cancel_rejected && is_terminal(report.status))
    open_.erase(report.order);
}

void paper_broker::note(const broker_event& event) {
  if (event.news != broker_news::executions_told) return;
  for (auto& [id, fills] : fills_)
    tell_again(fills, since_.front());
  since_.pop_front();
}

void paper_broker::tell_again(const std::vector<execution_report>& fills, timestamp since) {
  for (auto fill : fills) {
    if (fill.time < since) continue;
    fill.is_told_again = true;
    news_.push_back(std::move(fill));
  }
}

} // namespace tickmesh
