#include "actors/execution/events/venue_command.hpp"

#include "messages/overloaded.hpp"

namespace tickmesh {

std::optional<broker_id> broker_of(const venue_command& command) {
  using broker = std::optional<broker_id>;
  return std::visit(
      overloaded{[](const one_of<order_request, cancel_request, status_query, replace_request,
                                 broker_probe, snapshot_request, executions_request> auto& request)
                     -> broker { return request.broker; },
                 [](const timer_request&) -> broker { return std::nullopt; }},
      command);
}

std::optional<order_id> order_of(const venue_command& command) {
  using order = std::optional<order_id>;
  return std::visit(
      overloaded{
          [](const order_request& request) -> order { return request.id; },
          [](const one_of<cancel_request, status_query, replace_request> auto& request) -> order {
            return request.order;
          },
          [](const one_of<timer_request, broker_probe, snapshot_request, executions_request> auto&)
              -> order { return std::nullopt; }},
      command);
}

bool counts_for_rate(const venue_command& command) {
  return std::visit(
      overloaded{
          [](const one_of<order_request, replace_request, cancel_request> auto&) { return true; },
          [](const one_of<status_query, timer_request, broker_probe, snapshot_request,
                          executions_request> auto&) { return false; }},
      command);
}

} // namespace tickmesh
