#include "actors/execution/events/operator_command.hpp"

#include "messages/overloaded.hpp"

namespace tickmesh {

std::optional<order_id> order_of(const operator_action& action) {
  using order = std::optional<order_id>;
  return std::visit(
      overloaded{[](const one_of<operator_cancel, operator_replace, order_settlement> auto& wish)
                     -> order { return wish.order; },
                 [](const one_of<trading_switch, limits_change, books_acceptance> auto&) -> order {
                   return std::nullopt;
                 }},
      action);
}

} // namespace tickmesh
