#include "actors/execution/orders/replace_wishes.hpp"

#include <fmt/format.h>

#include <cassert>

namespace tickmesh {

std::string format_replaced(const replaced_order& replaced) {
  return fmt::format("operator/replace/{}/{}", format_order_id(replaced.order), replaced.event);
}

std::vector<order_id> replace_wishes::orders() const {
  std::vector<order_id> out;
  out.reserve(wishes_.size());
  for (auto& [order, wish] : wishes_)
    out.push_back(order);
  return out;
}

replace_wish replace_wishes::take(order_id order) {
  auto found = wishes_.extract(order);
  assert(found);
  return found.mapped();
}

void replace_wishes::note_successor(order_id successor, const replaced_order& replaced) {
  replaced_.insert_or_assign(successor, replaced);
  successors_.insert_or_assign(replaced.order, successor);
}

const replaced_order* replace_wishes::replaced_by(order_id successor) const {
  auto found = replaced_.find(successor);
  return found != replaced_.end() ? &found->second : nullptr;
}

std::optional<order_id> replace_wishes::successor_of(order_id order) const {
  auto found = successors_.find(order);
  return found != successors_.end() ? std::optional{found->second} : std::nullopt;
}

} // namespace tickmesh
