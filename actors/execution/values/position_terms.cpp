#include "actors/execution/values/position_terms.hpp"

#include "actors/execution/values/exact_money.hpp"

#include <algorithm>

namespace tickmesh {

namespace {

money fee_of(const fill_fee& fee, std::int64_t multiplier, price at, quantity volume) {
  money out{};
  if (volume.value == 0) return out;
  if (fee.ratio != 0) {
    auto value = static_cast<int128>(at.value) * volume.value;
    auto turnover = to_money(value < 0 ? -value : value, multiplier);
    out.value = scale_by(turnover.value, fee.ratio);
  }
  if (fee.amount != 0)
    out.value = checked_add(out.value, scale_down(static_cast<int128>(fee.amount) * volume.value));
  return out;
}

} // namespace

order_split split_order(position_model model, held_quantity held, side direction, quantity volume) {
  assert(direction != side::none && volume.value > 0);
  bool closes = direction == side::buy ? held.net.value < 0 : held.net.value > 0;
  if (!closes) return {.open = volume};
  auto size = held.net.value < 0 ? -held.net : held.net;
  auto closed = std::min(size, volume);
  auto yesterday = size - held.today;
  auto of_today = model == position_model::today_first ? std::min(held.today, closed)
                                                       : closed - std::min(yesterday, closed);
  return {.close_today = of_today, .close_yesterday = closed - of_today, .open = volume - closed};
}

money fees_of(const position_terms& terms, const order_split& parts, price at) {
  auto fee = [&](const fill_fee& f, quantity volume) {
    return fee_of(f, terms.multiplier, at, volume);
  };
  return checked_add(
      checked_add(fee(terms.fees.open, parts.open), fee(terms.fees.close, parts.close_yesterday)),
      fee(terms.fees.close_today, parts.close_today));
}

} // namespace tickmesh
