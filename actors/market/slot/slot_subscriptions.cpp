#include "actors/market/slot/slot_subscriptions.hpp"

#include <fmt/format.h>

namespace tickmesh {

result<std::vector<wanted_ticks>> read_request(const ticks_request& request,
                                               const ticks_on_offer& offer) {
  auto slot = format_slot(offer.slot);
  if (request.slot_index != offer.slot.index)
    return fail(fmt::format("data/{} is asked for, and this is {}", request.slot_index, slot));
  if (offer.subscriptions >= offer.subscriptions_max)
    return fail(fmt::format("{} has {} subscriptions, as many as tick_log.subscriptions_max allows",
                            slot, offer.subscriptions));
  if (request.first.size() != request.symbols.size())
    return fail("the request does not say for each symbol where to begin");
  std::vector<wanted_ticks> out;
  for (std::size_t i = 0; i < request.symbols.size(); ++i) {
    auto found = std::ranges::find(offer.symbols, request.symbols[i]);
    auto id = static_cast<std::uint32_t>(found - offer.symbols.begin());
    if (found == offer.symbols.end() || !offer.own[id])
      return fail(fmt::format("{} is no symbol of {}", request.symbols[i], slot));
    out.push_back({symbol_id{id}, sequence{request.first[i]}});
  }
  return out;
}

} // namespace tickmesh
